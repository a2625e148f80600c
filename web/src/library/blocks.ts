import type { ImageSummary } from '@tintype/client';
import { type BlockLayout, type LayoutOptions, layoutBlock, shownRatio } from '../grid/justified-layout.ts';

/** The last image that a block had when it was first fetched: what is fetched again for it ends there. */
export interface Bound {
  readonly upload_time: string;
  readonly image_id: string;
  /** How many images the block had. */
  readonly count: number;
}

/** A stretch of the list. Once it is far from what is looked at, only where it begins and how high it is are kept. */
export interface Block {
  /** The key of the page that it begins with; null: the list's beginning. */
  readonly cursor: string | null;
  /** As they came. Undefined: dropped, and fetched again when they come near. */
  readonly fetched: readonly ImageSummary[] | undefined;
  /** Those of them that are shown. */
  readonly items: readonly ImageSummary[] | undefined;
  readonly layout: BlockLayout | undefined;
  readonly ratioSum: number;
  readonly count: number;
  readonly rowCount: number;
  /** Pixels. */
  readonly height: number;
  /** Null until something follows it. */
  readonly bound: Bound | null;
  /** When the first of its signed URLs ends, in milliseconds. */
  readonly expiresAt: number;
}

export interface Place {
  readonly block: number;
  readonly index: number;
}

type Timed = Pick<ImageSummary, 'upload_time' | 'image_id'>;

type Sizes = Omit<LayoutOptions, 'last'>;

/** The list as far as it is known: blocks one below the other, each laid out for itself. */
export class Blocks {
  #blocks: Block[] = [];
  #tops: number[] = [];
  #sizes: Sizes;
  /** The key of what follows the last block; null: nothing; undefined: nothing has been fetched yet. */
  #next: string | null | undefined;
  readonly #hidden = new Set<string>();

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
  }

  get all(): readonly Block[] {
    return this.#blocks;
  }

  get next(): string | null | undefined {
    return this.#next;
  }

  get sizes(): Sizes {
    return this.#sizes;
  }

  get height(): number {
    return this.top(this.#blocks.length);
  }

  /** How many images are known of, dropped ones included. */
  get count(): number {
    return this.#blocks.reduce((sum, { count }) => sum + count, 0);
  }

  /** Pixels above a block. */
  top(index: number): number {
    return this.#tops[index] ?? this.#tops.at(-1) ?? 0;
  }

  /** The block at a height; the nearest where there is none. */
  blockAt(y: number): number {
    let [low, high] = [0, this.#blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** Adds what follows the last block. */
  append(fetched: readonly ImageSummary[], next: string | null): void {
    const cursor = this.#next ?? null;
    this.#next = next;
    const bound = next === null ? null : boundOf(fetched);
    this.#blocks.push(this.#laidOut({ cursor, fetched, bound }, next === null));
    this.#measure();
  }

  /** Gives a block its images, again or anew; with `next`, of the last one, what follows it. */
  fill(index: number, fetched: readonly ImageSummary[], next?: string | null): void {
    const block = this.#blocks[index];
    if (next !== undefined && index === this.#blocks.length - 1) this.#next = next;
    if (block) this.#put(index, this.#laidOut({ ...block, fetched }, this.#isLast(index)));
  }

  /** Lets a block's images go; its place is kept. */
  drop(index: number): void {
    const block = this.#blocks[index];
    if (block?.items) this.#put(index, { ...block, fetched: undefined, items: undefined, layout: undefined });
  }

  /** Lays everything out for another width. What was dropped is taken to be as high as what is there, in proportion. */
  resize(sizes: Sizes): void {
    const before = this.#sizes;
    this.#sizes = sizes;
    this.#layOutAgain();
    const laidOut = this.#blocks.filter(({ layout, ratioSum }) => layout && ratioSum > 0);
    const [height, ratios] = [sumOf(laidOut, 'height'), sumOf(laidOut, 'ratioSum')];
    const scaled = (sizes.rowHeight / before.rowHeight) ** 2 * (before.width / sizes.width);
    this.#blocks = this.#blocks.map((block) => {
      if (block.layout) return block;
      return {
        ...block,
        height: Math.round(ratios > 0 ? (height / ratios) * block.ratioSum : block.height * scaled),
      };
    });
    this.#measure();
  }

  /** Shows images no more, though they keep their places. */
  hide(image_ids: Iterable<string>): void {
    for (const image_id of image_ids) this.#hidden.add(image_id);
    this.#layOutAgain();
  }

  /** Shows images again, where they were. */
  show(image_ids: Iterable<string>): void {
    for (const image_id of image_ids) this.#hidden.delete(image_id);
    this.#layOutAgain();
  }

  #layOutAgain(): void {
    this.#blocks = this.#blocks.map((block, index) =>
      block.fetched ? this.#laidOut({ ...block, fetched: block.fetched }, this.#isLast(index)) : block,
    );
    this.#measure();
  }

  /** Where an image is, if it has been fetched and not been dropped. */
  placeOf(image_id: string): Place | undefined {
    for (const [block, { items }] of this.#blocks.entries()) {
      const index = items?.findIndex((item) => item.image_id === image_id) ?? -1;
      if (index >= 0) return { block, index };
    }
    return undefined;
  }

  item({ block, index }: Place): ImageSummary | undefined {
    return this.#blocks[block]?.items?.[index];
  }

  /** Puts the newer state of an image in its place; false: it has none. */
  replace(image: ImageSummary): boolean {
    return this.#change(image.image_id, (items, index) => items.with(index, image));
  }

  remove(image_id: string): void {
    this.#change(image_id, (items, index) => items.toSpliced(index, 1));
  }

  /** Puts an image that has no place yet into the list, where `isBefore` says that it comes before what is there. */
  insert(image: ImageSummary, isBefore: (image: Timed, other: Timed) => boolean): void {
    const index = this.#blocks.findIndex(({ bound }) => bound === null || isBefore(image, bound));
    const block = this.#blocks[index];
    // A block that was dropped has it when it is fetched again.
    if (!block?.fetched) return;
    const at = block.fetched.findIndex((other) => isBefore(image, other));
    this.fill(index, block.fetched.toSpliced(at < 0 ? block.fetched.length : at, 0, image));
  }

  #change(
    image_id: string,
    change: (items: readonly ImageSummary[], index: number) => ImageSummary[],
  ): boolean {
    for (const [block, { fetched }] of this.#blocks.entries()) {
      const index = fetched?.findIndex((item) => item.image_id === image_id) ?? -1;
      if (!fetched || index < 0) continue;
      this.fill(block, change(fetched, index));
      return true;
    }
    return false;
  }

  #isLast(index: number): boolean {
    return index === this.#blocks.length - 1 && this.#next === null;
  }

  #laidOut(
    { cursor, fetched, bound }: Pick<Block, 'cursor' | 'bound'> & { fetched: readonly ImageSummary[] },
    last: boolean,
  ): Block {
    const items = fetched.filter(({ image_id }) => !this.#hidden.has(image_id));
    const ratios = items.map(shownRatio);
    const layout = layoutBlock(ratios, { ...this.#sizes, last });
    return {
      cursor,
      fetched,
      items,
      layout,
      ratioSum: ratios.reduce((sum, ratio) => sum + ratio, 0),
      count: items.length,
      rowCount: layout.rows.length,
      height: layout.height,
      bound,
      expiresAt: Math.min(...items.flatMap(({ url_expires_at: at }) => (at ? [Date.parse(at)] : []))),
    };
  }

  #put(index: number, block: Block): void {
    this.#blocks[index] = block;
    this.#measure();
  }

  #measure(): void {
    const tops = [0];
    for (const { height } of this.#blocks) tops.push((tops.at(-1) ?? 0) + height);
    this.#tops = tops;
  }
}

function boundOf(items: readonly ImageSummary[]): Bound | null {
  const last = items.at(-1);
  return last ? { upload_time: last.upload_time, image_id: last.image_id, count: items.length } : null;
}

function sumOf(blocks: readonly Block[], field: 'height' | 'ratioSum'): number {
  return blocks.reduce((sum, block) => sum + block[field], 0);
}
