import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';
import type { LayoutOptions } from '../grid/justified-layout.ts';
import { Blocks, type Place } from './blocks.ts';
import { comesBefore, type PageSource } from './page-source.ts';

/** Pixels of the list, from its top. */
export interface Stretch {
  readonly top: number;
  readonly bottom: number;
}

/** `opening`: nothing is known yet; `failed`: what was asked for last did not come, `error` says why. */
export type LibraryState = 'opening' | 'open' | 'failed';

/** How many blocks beside those that are looked at keep their images. */
const KEPT_BESIDE = 2;

/** How soon before their end signed URLs are renewed, and how often a block is asked for at most. Milliseconds. */
const RENEW_BEFORE = 20_000;
const RENEW_AT_MOST_EVERY = 4_000;

/** Stands for a block's last image, before it is known how many it has. */
const LAST = Number.POSITIVE_INFINITY;

/** A list of images as it is looked at: fetches what comes near, and lets go of what is far. */
export class Library {
  readonly #source: PageSource;
  readonly #blocks: Blocks;
  readonly #changes = signal(0);
  readonly #state = signal<LibraryState>('opening');
  readonly #loading = signal(false);
  readonly #error: Signal<unknown> = signal(undefined);
  /** By the block's index. */
  readonly #requests = new Map<number, { abort: AbortController; done: Promise<void> }>();
  readonly #renewed = new Map<number, number>();
  #pinned: number | undefined;

  /** @param hidden images that are being deleted, and not shown although the service has them yet */
  constructor(source: PageSource, sizes: Omit<LayoutOptions, 'last'>, hidden: Iterable<string> = []) {
    this.#source = source;
    this.#blocks = new Blocks(sizes);
    this.#blocks.hide(hidden);
  }

  /** Moves with every change of the blocks: whoever reads it in a component sees them change. */
  get changes(): ReadonlySignal<number> {
    return this.#changes;
  }

  get state(): ReadonlySignal<LibraryState> {
    return this.#state;
  }

  /** Whether something is on its way. */
  get loading(): ReadonlySignal<boolean> {
    return this.#loading;
  }

  get error(): ReadonlySignal<unknown> {
    return this.#error;
  }

  get blocks(): Blocks {
    return this.#blocks;
  }

  get source(): PageSource {
    return this.#source;
  }

  get isComplete(): boolean {
    return this.#blocks.next === null;
  }

  /** Fetches the list's beginning; resolves when that has come, or failed. */
  async open(): Promise<void> {
    await this.#fetch(0);
  }

  /** Gives up whatever is on its way. */
  close(): void {
    for (const { abort } of this.#requests.values()) abort.abort();
    this.#requests.clear();
  }

  /** Asks again for what has failed. */
  retry(): void {
    this.#error.value = undefined;
    if (this.#state.value !== 'failed') return;
    this.#state.value = this.#blocks.all.length === 0 ? 'opening' : 'open';
    if (this.#blocks.all.length === 0) void this.open();
    else this.#changed();
  }

  resize(sizes: Omit<LayoutOptions, 'last'>): void {
    const now = this.#blocks.sizes;
    if (now.width === sizes.width && now.rowHeight === sizes.rowHeight && now.gap === sizes.gap) return;
    this.#blocks.resize(sizes);
    this.#changed();
  }

  /** Sees to what is looked at, and to what lies within `ahead` pixels of it. */
  look({ top, bottom }: Stretch, ahead: number): void {
    const { all, next, height } = this.#blocks;
    if (all.length === 0 || this.#state.value === 'failed') return;
    const first = this.#blocks.blockAt(top - ahead);
    const last = this.#blocks.blockAt(bottom + ahead);
    for (let index = first; index <= last; index++) {
      if (all[index]?.items === undefined) void this.#fetch(index);
      else this.#renew(index);
    }
    if (next !== null && bottom + ahead >= height) void this.#fetch(all.length);
    this.#letGo(first - KEPT_BESIDE, last + KEPT_BESIDE);
  }

  /** Keeps the block of an image while it is looked at apart from the list; undefined: none. */
  pin(image_id: string | undefined): void {
    this.#pinned = image_id === undefined ? undefined : this.#blocks.placeOf(image_id)?.block;
  }

  /** The image that many places further on, fetched if need be; undefined: there is none, or it did not come. */
  async beside(image_id: string, step: 1 | -1): Promise<ImageSummary | undefined> {
    const place = this.#blocks.placeOf(image_id);
    if (!place) return undefined;
    let { block, index } = place;
    index += step;
    for (;;) {
      if (block < 0 || (block >= this.#blocks.all.length && this.isComplete)) return undefined;
      if (this.#blocks.all[block]?.items === undefined) await this.#fetch(block);
      const items = this.#blocks.all[block]?.items;
      if (!items) return undefined;
      if (index === LAST) index = items.length - 1;
      const item = items[index];
      if (item) return item;
      block += step;
      index = step > 0 ? 0 : LAST;
    }
  }

  /** The first or last image of what has been fetched, fetched again if need be. */
  async end(which: 'first' | 'last'): Promise<ImageSummary | undefined> {
    const index = which === 'first' ? 0 : this.#blocks.all.length - 1;
    if (this.#blocks.all[index]?.items === undefined) await this.#fetch(index);
    return this.#blocks.all[index]?.items?.at(which === 'first' ? 0 : -1);
  }

  find(image_id: string): ImageSummary | undefined {
    const place = this.placeOf(image_id);
    return place && this.#blocks.item(place);
  }

  placeOf(image_id: string): Place | undefined {
    return this.#blocks.placeOf(image_id);
  }

  /** Images between two, both included, as far as they have been fetched. */
  between(one: string, other: string): readonly ImageSummary[] {
    const known = this.known();
    const [start = -1, end = -1] = [one, other]
      .map((id) => known.findIndex(({ image_id }) => image_id === id))
      .sort((a, b) => a - b);
    return start < 0 ? [] : known.slice(start, end + 1);
  }

  /** All images that are kept now, in order. */
  known(): readonly ImageSummary[] {
    return this.#blocks.all.flatMap(({ items }) => items ?? []);
  }

  /** Takes an image's newer state: into its place, into the list if it belongs there now, or out of it. */
  take(image: ImageSummary): void {
    const belongs = this.#source.has(image);
    if (belongs === false) this.#blocks.remove(image.image_id);
    else if (!this.#blocks.replace(image) && belongs) {
      this.#blocks.insert(image, (one, other) => comesBefore(one, other, this.#source.order));
    }
    this.#changed();
  }

  /** Shows images no more, though they keep their places. */
  hide(image_ids: Iterable<string>): void {
    this.#blocks.hide(image_ids);
    this.#changed();
  }

  /** Shows images again, where they were. */
  show(image_ids: Iterable<string>): void {
    this.#blocks.show(image_ids);
    this.#changed();
  }

  /** Fetches the block of an image anew, whose signed URL does not work any more. */
  renewFor(image_id: string): void {
    const place = this.#blocks.placeOf(image_id);
    if (place) this.#renew(place.block, true);
  }

  #renew(index: number, now = false): void {
    const block = this.#blocks.all[index];
    const isDue = now || (block?.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now() + RENEW_BEFORE;
    const last = this.#renewed.get(index) ?? 0;
    if (!block?.items || !isDue || Date.now() - last < RENEW_AT_MOST_EVERY) return;
    this.#renewed.set(index, Date.now());
    void this.#fetch(index);
  }

  #letGo(first: number, last: number): void {
    let dropped = false;
    for (const [index, { items }] of this.#blocks.all.entries()) {
      if (index >= first && index <= last) continue;
      if (this.#pinned !== undefined && Math.abs(index - this.#pinned) <= 1) continue;
      this.#requests.get(index)?.abort.abort();
      if (items === undefined) continue;
      this.#blocks.drop(index);
      dropped = true;
    }
    if (dropped) this.#changed();
  }

  /** Fetches a block that is known, or, one further, what follows the last. Never rejects: `error` says it. */
  #fetch(index: number): Promise<void> {
    const under = this.#requests.get(index);
    if (under) return under.done;
    const abort = new AbortController();
    const done = this.#fetchBlock(index, abort.signal)
      .catch((error: unknown) => {
        // What is shown stays, and is renewed the next time that it is looked at.
        if (abort.signal.aborted || this.#blocks.all[index]?.items !== undefined) return;
        this.#error.value = error;
        this.#state.value = 'failed';
      })
      .finally(() => {
        if (this.#requests.get(index)?.abort === abort) this.#requests.delete(index);
        this.#loading.value = this.#requests.size > 0;
      });
    this.#requests.set(index, { abort, done });
    this.#loading.value = true;
    return done;
  }

  async #fetchBlock(index: number, abort: AbortSignal): Promise<void> {
    const block = this.#blocks.all[index];
    const cursor = block ? block.cursor : (this.#blocks.next ?? null);
    const { items, next } = await this.#source.fetch(cursor, block?.bound ?? null, abort);
    if (abort.aborted) return;
    if (block) this.#blocks.fill(index, items, block.bound ? undefined : next);
    else this.#blocks.append(items, next);
    this.#state.value = 'open';
    this.#changed();
  }

  #changed(): void {
    this.#changes.value = this.#changes.peek() + 1;
  }
}
