import type { ImageRecord } from '../../../domain/image.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import { RecentlyUsed } from '../../../domain/recently-used.ts';

/** Records that are kept: with what is made of them some 20 MB at most. */
const KEPT = 2048;

/**
 * Records as they are in the database, of images that were asked for last. It is for the one process that changes them: of an image
 * that is being changed nothing is kept, from before the change is on its way until it is known how that ended.
 */
export class RecentRecords {
  readonly #kept: RecentlyUsed<ImageId, ImageRecord>;
  /** Changes under way, by image. */
  readonly #changing = new Map<ImageId, number>();

  constructor(kept = KEPT) {
    this.#kept = new RecentlyUsed(kept);
  }

  get(id: ImageId): ImageRecord | undefined {
    return this.#kept.get(id);
  }

  /** @param record has been read in this turn of the event loop. */
  keep(record: ImageRecord): void {
    if (!this.#changing.has(record.image_id)) this.#kept.set(record.image_id, record);
  }

  /** Around a change of an image. */
  async forget<T>(id: ImageId, change: () => Promise<T>): Promise<T> {
    this.#kept.delete(id);
    this.#changing.set(id, (this.#changing.get(id) ?? 0) + 1);
    try {
      return await change();
    } finally {
      const more = (this.#changing.get(id) ?? 0) - 1;
      if (more > 0) this.#changing.set(id, more);
      else this.#changing.delete(id);
    }
  }
}
