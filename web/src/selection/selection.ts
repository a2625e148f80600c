import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ImageSummary } from '@tintype/client';

/** The images that something is to be done with together. */
export class Selection {
  readonly #images = signal<ReadonlyMap<string, ImageSummary>>(new Map());
  /** From where a range reaches. */
  #anchor: string | undefined;

  readonly size: ReadonlySignal<number> = computed(() => this.#images.value.size);

  has(image_id: string): boolean {
    return this.#images.value.has(image_id);
  }

  get images(): readonly ImageSummary[] {
    return [...this.#images.value.values()];
  }

  get anchor(): string | undefined {
    return this.#anchor;
  }

  toggle(image: ImageSummary): void {
    const images = new Map(this.#images.peek());
    if (!images.delete(image.image_id)) images.set(image.image_id, image);
    this.#anchor = image.image_id;
    this.#images.value = images;
  }

  /** Adds what lies between; where the range began stays, so that it can be made longer. */
  add(images: readonly ImageSummary[]): void {
    if (images.length === 0) return;
    this.#images.value = new Map([
      ...this.#images.peek(),
      ...images.map((image) => [image.image_id, image] as const),
    ]);
  }

  clear(): void {
    this.#anchor = undefined;
    if (this.#images.peek().size > 0) this.#images.value = new Map();
  }
}
