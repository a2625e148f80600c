import type { Signal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import { useEffect, useMemo } from 'preact/hooks';
import type { Gallery } from '../app/gallery.ts';
import type { Library } from '../library/library.ts';
import type { GridWindow } from './grid-window.ts';

type Container = { readonly current: HTMLElement | null };

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

const KEYS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
};

/** How long a finger rests on an image to select it, in milliseconds. */
const LONG_PRESS = 450;

/** What pointer and keyboard do in the grid. */
export function useGridInput(
  gallery: Gallery,
  library: Library,
  container: Container,
  gridWindow: Signal<GridWindow | undefined>,
) {
  const input = useMemo(
    () => new GridInput(gallery, library, container, gridWindow),
    [gallery, library, container, gridWindow],
  );
  const wanted = gallery.focusWanted.value;
  useEffect(() => {
    if (wanted !== null) void input.focus(wanted);
  }, [wanted, input]);
  return input.handlers;
}

class GridInput {
  readonly #gallery: Gallery;
  readonly #library: Library;
  readonly #container: Container;
  readonly #window: Signal<GridWindow | undefined>;
  #press: ReturnType<typeof setTimeout> | undefined;
  /** The click that ends a long press is not one. */
  #wasLongPress = false;

  constructor(
    gallery: Gallery,
    library: Library,
    container: Container,
    gridWindow: Signal<GridWindow | undefined>,
  ) {
    this.#gallery = gallery;
    this.#library = library;
    this.#container = container;
    this.#window = gridWindow;
  }

  readonly handlers = {
    onClick: (event: MouseEvent) => this.#click(event),
    onKeyDown: (event: KeyboardEvent) => void this.#key(event),
    onFocusIn: (event: FocusEvent) => {
      const image = this.#imageOf(event.target);
      if (image) this.#gallery.focused.value = image.image_id;
    },
    onPointerDown: (event: PointerEvent) => this.#pressed(event),
    onPointerUp: () => clearTimeout(this.#press),
    onPointerCancel: () => clearTimeout(this.#press),
    onPointerMove: (event: PointerEvent) => {
      if (Math.hypot(event.movementX, event.movementY) > 4) clearTimeout(this.#press);
    },
    onContextMenu: (event: MouseEvent) => {
      if (this.#wasLongPress) event.preventDefault();
    },
  };

  /** Gives an image the keyboard's focus, wherever it is in the list. */
  async focus(image_id: string): Promise<void> {
    const covered = document.querySelector('.topbar')?.getBoundingClientRect().bottom ?? 0;
    this.#gallery.focused.value = image_id;
    this.#window.peek()?.reveal(image_id, covered);
    await new Promise(requestAnimationFrame);
    if (!this.#isTypedElsewhere()) this.#link(image_id)?.focus({ preventScroll: true });
    this.#gallery.focusWanted.value = null;
  }

  /** Somebody may have gone to the search meanwhile, and keeps the focus then. */
  #isTypedElsewhere(): boolean {
    const active = document.activeElement;
    if (this.#container.current?.contains(active)) return false;
    return active?.matches('input, textarea, select') ?? false;
  }

  #link(image_id: string): HTMLElement | null {
    const tile = this.#container.current?.querySelector(`[data-image-id="${CSS.escape(image_id)}"] a`);
    return tile instanceof HTMLElement ? tile : null;
  }

  #imageOf(target: EventTarget | null): ImageSummary | undefined {
    const tile = target instanceof Element ? target.closest('[data-image-id]') : null;
    const image_id = tile?.getAttribute('data-image-id');
    return image_id ? this.#library.find(image_id) : undefined;
  }

  #click(event: MouseEvent): void {
    const image = this.#imageOf(event.target);
    if (!image || event.ctrlKey || event.metaKey || !(event.target instanceof Element)) return;
    if (this.#wasLongPress) {
      this.#wasLongPress = false;
      event.preventDefault();
      return;
    }
    if (event.target instanceof HTMLInputElement) this.#select(image, event.shiftKey);
    else if (event.target.closest('a')) {
      event.preventDefault();
      const isSelecting = this.#gallery.selection.size.peek() > 0;
      if (event.shiftKey || isSelecting) this.#select(image, event.shiftKey);
      else this.#gallery.open(image.image_id);
    }
  }

  #pressed(event: PointerEvent): void {
    this.#wasLongPress = false;
    const image = this.#imageOf(event.target);
    if (event.pointerType !== 'touch' || !image) return;
    clearTimeout(this.#press);
    this.#press = setTimeout(() => {
      this.#wasLongPress = true;
      this.#gallery.selection.toggle(image);
    }, LONG_PRESS);
  }

  /** Selects an image, or ends that; with shift all from where the last was selected. */
  #select(image: ImageSummary, range: boolean): void {
    const { selection } = this.#gallery;
    const { anchor } = selection;
    if (range && anchor !== undefined) selection.add(this.#library.between(anchor, image.image_id));
    else selection.toggle(image);
  }

  async #key(event: KeyboardEvent): Promise<void> {
    const image = this.#imageOf(event.target);
    if (!image || event.altKey) return;
    const { selection } = this.#gallery;
    const direction = KEYS[event.key];
    if (direction) {
      event.preventDefault();
      const next = await this.#beside(image, direction);
      if (!next) return;
      if (event.shiftKey) {
        if (selection.anchor === undefined) selection.toggle(image);
        selection.add(this.#library.between(selection.anchor ?? image.image_id, next.image_id));
      }
      await this.focus(next.image_id);
    } else if (event.key === ' ' || event.key === 'x') {
      event.preventDefault();
      this.#select(image, event.shiftKey);
    } else if (event.key === 'Enter' && !(event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#gallery.open(image.image_id);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      selection.add(this.#library.known());
    } else if (event.key === 'Delete') {
      event.preventDefault();
      this.#gallery.removeFromList(selection.size.peek() > 0 ? selection.images : [image]);
    }
  }

  async #beside(image: ImageSummary, direction: Direction): Promise<ImageSummary | undefined> {
    switch (direction) {
      case 'left':
        return this.#library.beside(image.image_id, -1);
      case 'right':
        return this.#library.beside(image.image_id, 1);
      case 'up':
        return this.#vertically(image, -1);
      case 'down':
        return this.#vertically(image, 1);
      default:
        return this.#library.end(direction);
    }
  }

  /** The image of the row above or below that lies under the middle of this one. */
  async #vertically(image: ImageSummary, step: 1 | -1): Promise<ImageSummary | undefined> {
    const place = this.#library.placeOf(image.image_id);
    const rows = place && this.#library.blocks.all[place.block]?.layout?.rows;
    const at = rows?.findIndex(({ end }) => place && place.index < end) ?? -1;
    const row = rows?.[at];
    if (!place || !row) return undefined;
    const middle = middleOf(row, place.index - row.start, this.#library.blocks.sizes.gap);
    const edge = this.#library.blocks.item({
      block: place.block,
      index: step > 0 ? row.end - 1 : row.start,
    });
    const following = edge && (await this.#library.beside(edge.image_id, step));
    const next = following && this.#library.placeOf(following.image_id);
    const nextRow =
      next && this.#library.blocks.all[next.block]?.layout?.rows.find(({ end }) => next.index < end);
    if (!next || !nextRow) return undefined;
    const distances = nextRow.widths.map((_, index) =>
      Math.abs(middleOf(nextRow, index, this.#library.blocks.sizes.gap) - middle),
    );
    const nearest = distances.indexOf(Math.min(...distances));
    return this.#library.blocks.item({ block: next.block, index: nextRow.start + nearest });
  }
}

function middleOf({ widths }: { readonly widths: readonly number[] }, index: number, gap: number): number {
  const before = widths.slice(0, index).reduce((sum, width) => sum + width + gap, 0);
  return before + (widths[index] ?? 0) / 2;
}
