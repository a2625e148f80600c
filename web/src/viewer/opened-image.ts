import { type ReadonlySignal, signal } from '@preact/signals';
import type { ImageSummary, TaggedImage } from '@tintype/client';
import type { Gallery } from '../app/gallery.ts';

/** How often new URLs are asked for at most, in milliseconds. */
const RENEW_AT_MOST_EVERY = 4_000;

/** The image in the viewer: what its row says at once, then all that is known of it. */
export class OpenedImage {
  readonly #gallery: Gallery;
  readonly #summary = signal<ImageSummary | undefined>(undefined);
  readonly #details = signal<TaggedImage | undefined>(undefined);
  readonly #error = signal<unknown>(undefined);
  #request: AbortController | undefined;
  #renewed = 0;

  constructor(gallery: Gallery) {
    this.#gallery = gallery;
  }

  get summary(): ReadonlySignal<ImageSummary | undefined> {
    return this.#summary;
  }

  /** With its ETag; undefined: not there yet, or `error` says why not. */
  get details(): ReadonlySignal<TaggedImage | undefined> {
    return this.#details;
  }

  get error(): ReadonlySignal<unknown> {
    return this.#error;
  }

  /** Shows another image, or none. */
  show(image_id: string | null): void {
    this.#request?.abort();
    const library = this.#gallery.library.peek();
    library.pin(image_id ?? undefined);
    this.#details.value = undefined;
    this.#error.value = undefined;
    this.#summary.value = image_id === null ? undefined : library.find(image_id);
    if (image_id === null) return;
    void this.#load(image_id);
    void this.#preload(image_id);
  }

  /** Asks for the image's state anew. */
  async reload(): Promise<TaggedImage | undefined> {
    const image_id = this.#summary.peek()?.image_id;
    if (image_id !== undefined) await this.#load(image_id);
    return this.#details.peek();
  }

  /** Asks for new signed URLs in place of those that there are. */
  renew(): void {
    if (Date.now() - this.#renewed < RENEW_AT_MOST_EVERY) return;
    this.#renewed = Date.now();
    void this.reload();
  }

  /** Takes note of a change that was made here. */
  changed(image: TaggedImage): void {
    if (this.#summary.peek()?.image_id === image.image_id) {
      this.#summary.value = image;
      this.#details.value = image;
    }
    this.#gallery.take(image);
  }

  async #load(image_id: string): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    try {
      const image = await this.#gallery.session.client.view(image_id, { signal: request.signal });
      if (request.signal.aborted) return;
      this.#details.value = image;
      this.#summary.value = image;
      if (this.#gallery.library.peek().find(image_id)) this.#gallery.take(image);
    } catch (error) {
      if (!request.signal.aborted) this.#error.value = error;
    }
  }

  /** Fetches the neighbours' pixels, so that they are there at once. */
  async #preload(image_id: string): Promise<void> {
    const library = this.#gallery.library.peek();
    for (const step of [1, -1] as const) {
      const neighbour = await library.beside(image_id, step);
      if (this.#gallery.state.peek().image !== image_id) return;
      const source = neighbour && this.#gallery.screenSource(neighbour);
      if (source) new Image().src = source;
    }
  }
}
