import { type Image, type ImageSummary, TintypeError } from '@tintype/client';
import type { Tintype } from '../connection.ts';

/** An image that the service has of a user. */
export type StoredImage = Pick<Image, 'image_id' | 'status' | 'rejection_reason'>;

/** How long an idempotency key lives, and an hour for clocks that differ. */
const LIFE_OF_KEYS_MS = 25 * 3_600_000;

/**
 * What the service has of a user's images, to be found by size and SHA-256. Lists say sizes, not checksums: those
 * that have a local file's size, as a rule few, are looked at when they are asked for, each once.
 */
export class StoredImages {
  readonly #tintype: Tintype;
  readonly #user: string | undefined;
  readonly #sizes: ReadonlySet<number>;
  readonly #bySize = new Map<number, Map<string, Promise<Image | undefined> | undefined>>();

  private constructor(tintype: Tintype, user: string | undefined, sizes: ReadonlySet<number>) {
    this.#tintype = tintype;
    this.#user = user;
    this.#sizes = sizes;
  }

  /**
   * Lists the user's images of these sizes: those that are ready, and those that are being scanned or were rejected.
   * @param user undefined: whose token it is. @throws TintypeError `invalid_request` where that says nobody.
   */
  static async list(
    tintype: Tintype,
    user: string | undefined,
    sizes: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<StoredImages> {
    const stored = new StoredImages(tintype, user, sizes);
    if (sizes.size === 0) return stored;
    // Not tried again and again, as `list` does: where nobody answers that is said at once. And only one user's
    // images may be asked for in this way, so that nobody else's are taken for theirs.
    await tintype.listPage({ ...stored.#filters(), status: 'rejected', limit: 1, signal });
    for (const status of ['rejected', 'scanning', undefined] as const) await stored.#take({ status, signal });
    return stored;
  }

  /** The image that has these bytes. */
  async find(size: number, checksum: string): Promise<StoredImage | undefined> {
    const candidates = this.#bySize.get(size) ?? new Map<string, Promise<Image | undefined> | undefined>();
    for (const [image_id, looked] of candidates) {
      const looking = looked ?? this.#view(image_id);
      candidates.set(image_id, looking);
      const image = await looking;
      if (image?.checksum_sha256 === checksum) return image;
    }
    return undefined;
  }

  /** The same, of what has been uploaded meanwhile too: as far back as an idempotency key lives. */
  async findNow(size: number, checksum: string, signal: AbortSignal): Promise<StoredImage | undefined> {
    const since = new Date(Date.now() - LIFE_OF_KEYS_MS).toISOString();
    for (const status of ['rejected', 'scanning', undefined] as const) {
      await this.#take({ status, date_range: `${since}/..`, signal });
    }
    return this.find(size, checksum);
  }

  #filters() {
    return this.#user === undefined ? {} : { user_id: this.#user };
  }

  async #take(filters: {
    readonly status: 'rejected' | 'scanning' | undefined;
    readonly date_range?: string;
    readonly signal: AbortSignal;
  }): Promise<void> {
    for await (const image of this.#tintype.list({ ...this.#filters(), ...filters, limit: 200 }))
      this.#add(image);
  }

  #add({ image_id, size_bytes }: ImageSummary): void {
    if (!this.#sizes.has(size_bytes)) return;
    const candidates = this.#bySize.get(size_bytes) ?? new Map();
    this.#bySize.set(size_bytes, candidates);
    if (!candidates.has(image_id)) candidates.set(image_id, undefined);
  }

  /** Undefined where it has gone since it was listed. */
  async #view(image_id: string): Promise<Image | undefined> {
    return viewIfThere(this.#tintype, image_id);
  }
}

/** The image, or undefined where there is none (any more). */
export async function viewIfThere(tintype: Tintype, image_id: string): Promise<Image | undefined> {
  try {
    return await tintype.view(image_id);
  } catch (error) {
    if (error instanceof TintypeError && error.code === 'not_found') return undefined;
    throw error;
  }
}
