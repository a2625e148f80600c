import { type ReadonlySignal, signal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import type { Library } from '../library/library.ts';
import type { LayoutRow } from './justified-layout.ts';

/** A row of the grid that is drawn. */
export interface GridRow {
  readonly key: string;
  /** Counts the rows of the whole list, from 1. */
  readonly number: number;
  /** Pixels from the grid's top. */
  readonly top: number;
  readonly row: LayoutRow;
  readonly items: readonly ImageSummary[];
}

/** Where images are that are not there yet, or not any more. */
export interface GridGap {
  readonly key: string;
  readonly top: number;
  readonly height: number;
}

export interface DrawnGrid {
  readonly rows: readonly GridRow[];
  readonly gaps: readonly GridGap[];
  /** Pixels. */
  readonly height: number;
  /** How many rows are known of. */
  readonly rowCount: number;
}

/** What lies this many screens above and below is drawn as well, and fetched. */
const DRAWN_AHEAD = 0.6;
const FETCHED_AHEAD = 2.5;

/** So many pixels a millisecond are too fast to look at pictures: they are not asked for meanwhile. */
const TOO_FAST = 6;
const SETTLED_AFTER = 120;

/** Says which rows of the list the window shows, and keeps what is looked at in place while the list changes. */
export class GridWindow {
  readonly #drawn = signal<DrawnGrid>({ rows: [], gaps: [], height: 0, rowCount: 0 });
  readonly #isFast = signal(false);
  readonly #library: Library;
  readonly #container: HTMLElement;
  readonly #sizesFor: (width: number) => { width: number; rowHeight: number; gap: number };
  readonly #keptId: () => string | null;
  /** What is at the window's top, and how many pixels above it the window begins. */
  #anchor: { readonly image_id: string; readonly offset: number } | undefined;
  #lastScroll = { y: 0, at: 0 };
  #settling: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  /** @param keptId the image whose row is drawn wherever the window is, so that it keeps the keyboard's focus */
  constructor(
    library: Library,
    container: HTMLElement,
    sizesFor: (width: number) => { width: number; rowHeight: number; gap: number },
    keptId: () => string | null,
  ) {
    this.#library = library;
    this.#container = container;
    this.#sizesFor = sizesFor;
    this.#keptId = keptId;
  }

  get drawn(): ReadonlySignal<DrawnGrid> {
    return this.#drawn;
  }

  /** Whether it is scrolled faster than anybody can look. */
  get isFast(): ReadonlySignal<boolean> {
    return this.#isFast;
  }

  /** Begins to follow the window; call what it returns to end that. */
  start(): () => void {
    const onScroll = () => {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#measureSpeed();
        this.#draw();
      });
    };
    const resized = new ResizeObserver(([entry]) => {
      this.#library.resize(this.#sizesFor(Math.floor(entry?.contentRect.width ?? 0)));
      this.#draw();
    });
    resized.observe(this.#container);
    addEventListener('scroll', onScroll, { passive: true });
    addEventListener('resize', onScroll);
    // Signed URLs end while nobody scrolls as well.
    const renewing = setInterval(() => this.#look(), 10_000);
    return () => {
      resized.disconnect();
      removeEventListener('scroll', onScroll);
      removeEventListener('resize', onScroll);
      clearInterval(renewing);
      clearTimeout(this.#settling);
      cancelAnimationFrame(this.#frame);
    };
  }

  /** The list has changed: what was looked at stays where it is in the window. */
  changed(): void {
    const anchor = this.#anchor;
    const { blocks } = this.#library;
    this.#container.style.height = `${blocks.height}px`;
    if (anchor && scrollY > 0) {
      const top = this.topOf(anchor.image_id);
      const offset = this.#viewTop() - (top ?? 0);
      if (top !== undefined && Math.abs(offset - anchor.offset) >= 1) scrollBy(0, anchor.offset - offset);
    }
    this.#draw();
  }

  /** Pixels from the grid's top to an image's row; undefined where it is not known. */
  topOf(image_id: string): number | undefined {
    const { blocks } = this.#library;
    const place = blocks.placeOf(image_id);
    const row = place && blocks.all[place.block]?.layout?.rows.find(({ end }) => place.index < end);
    return place && row ? blocks.top(place.block) + row.top : undefined;
  }

  /** Scrolls as little as shows an image's row whole, below what covers the window's top. */
  reveal(image_id: string, covered: number): void {
    const top = this.topOf(image_id);
    const place = this.#library.placeOf(image_id);
    const rows = place && this.#library.blocks.all[place.block]?.layout?.rows;
    const height = rows?.find(({ end }) => place && place.index < end)?.height ?? 0;
    if (top === undefined) return;
    const above = top - this.#viewTop() - covered;
    const below = top + height - this.#viewTop() - innerHeight;
    if (above < 0) scrollBy(0, above - 8);
    else if (below > 0) scrollBy(0, below + 8);
    this.#draw();
  }

  #viewTop(): number {
    return -this.#container.getBoundingClientRect().top;
  }

  #look(): void {
    const top = this.#viewTop();
    this.#library.look({ top, bottom: top + innerHeight }, innerHeight * FETCHED_AHEAD);
  }

  #measureSpeed(): void {
    const now = performance.now();
    const speed = Math.abs(scrollY - this.#lastScroll.y) / Math.max(1, now - this.#lastScroll.at);
    this.#lastScroll = { y: scrollY, at: now };
    this.#isFast.value = speed > TOO_FAST;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#isFast.value = false;
    }, SETTLED_AFTER);
  }

  #draw(): void {
    const { blocks } = this.#library;
    const [viewTop, ahead] = [this.#viewTop(), innerHeight * DRAWN_AHEAD];
    const [top, bottom] = [viewTop - ahead, viewTop + innerHeight + ahead];
    const rows: GridRow[] = [];
    const gaps: GridGap[] = [];
    const kept = this.#keptId();
    const keptPlace = kept === null ? undefined : blocks.placeOf(kept);
    let rowNumber = 1;
    for (const [index, block] of blocks.all.entries()) {
      const blockTop = blocks.top(index);
      const isNear = blockTop < bottom && blockTop + block.height > top;
      if (block.layout && block.items && (isNear || keptPlace?.block === index)) {
        for (const [rowIndex, row] of block.layout.rows.entries()) {
          const at = blockTop + row.top;
          const isKept =
            keptPlace?.block === index && keptPlace.index >= row.start && keptPlace.index < row.end;
          if ((at > bottom || at + row.height < top) && !isKept) continue;
          const key = `${index}/${block.items[row.start]?.image_id}`;
          rows.push({ key, number: rowNumber + rowIndex, top: at, row, items: block.items });
        }
      } else if (isNear) {
        gaps.push({ key: String(index), top: blockTop, height: block.height });
      }
      rowNumber += block.rowCount;
    }
    const first = rows.find((row) => row.top + row.row.height > viewTop);
    const firstItem = first?.items[first.row.start];
    this.#anchor = first && firstItem && { image_id: firstItem.image_id, offset: viewTop - first.top };
    this.#container.style.height = `${blocks.height}px`;
    const before = this.#drawn.peek();
    const isSame =
      before.height === blocks.height &&
      gaps.length + before.gaps.length === 0 &&
      before.rows.length === rows.length &&
      before.rows.every(
        ({ top: y, row, items }, at) =>
          y === rows[at]?.top && row === rows[at]?.row && items === rows[at]?.items,
      );
    if (!isSame) this.#drawn.value = { rows, gaps, height: blocks.height, rowCount: rowNumber - 1 };
    this.#look();
  }
}
