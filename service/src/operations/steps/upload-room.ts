import type { ImageId } from '../../domain/image-id.ts';
import type { ReservedRoom } from '../../domain/job.ts';
import type { ObjectKey } from '../../domain/object-key.ts';
import type { QuotaReservation } from '../../ports/quota-ledger.ts';
import type { Deps } from '../deps.ts';

/** What a request says of its image before the first byte of it. */
export interface AnnouncedImage {
  readonly user_id: string;
  /** Where it says so exactly. */
  readonly size_bytes: number | undefined;
}

/** So much is reserved of a size that is not known: who has no room at all is refused before sending it. */
const LEAST_BYTES = 1;

type RoomDeps = Pick<Deps, 'quotas' | 'quotaLimits' | 'log'>;

/**
 * Does an upload in room reserved for it (with `images` 0, of a further version of an image), which is kept when it succeeds and given back when it fails; what
 * becomes of the room decides nothing else any more, so that failures of that are only logged.
 */
export async function inReservedRoom<Output>(
  deps: RoomDeps,
  image_id: ImageId,
  upload: (room: UploadRoom) => Promise<Output>,
  images: 0 | 1 = 1,
): Promise<Output> {
  const room = new UploadRoom(deps, image_id, images);
  try {
    const output = await upload(room);
    await room.end('keep');
    return output;
  } catch (error) {
    await room.end('giveBack');
    throw error;
  }
}

/** The room of one new image, or of one more version. */
export class UploadRoom {
  readonly #deps: RoomDeps;
  readonly #imageId: ImageId;
  readonly #images: 0 | 1;
  #reservation: QuotaReservation | undefined;
  #reserved: ReservedRoom | undefined;
  #leftToJob = false;

  constructor(deps: RoomDeps, imageId: ImageId, images: 0 | 1) {
    this.#deps = deps;
    this.#imageId = imageId;
    this.#images = images;
  }

  /** Reserves what is announced, before any of it is taken. @throws DomainError `quota_exceeded` */
  async announce({ user_id, size_bytes = LEAST_BYTES }: AnnouncedImage): Promise<void> {
    const { quotas, quotaLimits } = this.#deps;
    const amount = { images: this.#images, bytes: size_bytes };
    // By its id the ledger tells that a new image has been recorded; one that is there always is.
    const newId = this.#images === 1 ? this.#imageId : undefined;
    this.#reservation = await quotas.reserve(user_id, amount, quotaLimits, newId);
    this.#reserved = { user_id, ...amount };
  }

  /** Makes the room what the image turns out to need. @throws DomainError `quota_exceeded` */
  async settle(user_id: string, size_bytes: number): Promise<void> {
    if (!this.#reservation || !this.#reserved) return this.announce({ user_id, size_bytes });
    if (this.#reserved.bytes !== size_bytes) await this.#reservation.resize(size_bytes);
    this.#reserved = { ...this.#reserved, bytes: size_bytes };
  }

  /** The image that is there is about to refer to an object: its bytes are those that the room is for. */
  willBe(object_key: ObjectKey): void {
    this.#reservation?.willBe({ image_id: this.#imageId, object_key });
  }

  /** The record may yet appear: the room stays reserved, and the job that looks after it gives it back. */
  leaveToJob(): ReservedRoom | undefined {
    this.#leftToJob = true;
    return this.#reserved;
  }

  async end(how: 'keep' | 'giveBack'): Promise<void> {
    const [reservation, reserved] = [this.#reservation, this.#reserved];
    if (!reservation || !reserved) return;
    try {
      if (how === 'keep' || this.#leftToJob) await reservation.keep(reserved.bytes);
      else await reservation.giveBack();
    } catch (cause) {
      const fields = { err: cause, image_id: this.#imageId, reserved };
      this.#deps.log.error(fields, 'the quota of an upload could not be settled; doctor mends it');
    }
  }
}
