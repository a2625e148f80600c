import type { Caller } from '../domain/caller.ts';
import { DomainError, isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import type { WithdrawImage } from '../domain/job.ts';
import { type ObjectKey, replacementObjectKey } from '../domain/object-key.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';
import { giveUp, type ReceivedImage, receiveImage } from './steps/receive-image.ts';
import { succeed } from './steps/succeed-version.ts';
import { inReservedRoom, type UploadRoom } from './steps/upload-room.ts';

export interface ReplaceImageInput {
  readonly image_id: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Where the request says so exactly. */
  readonly size_bytes: number | undefined;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

export interface ReplaceImageOutput extends ImageView {
  readonly image: ImageRecord;
}

/** How many attempts that were cut off may have left their bytes under the keys of one version. */
const MOST_LEFTOVERS = 20;

/**
 * Gives an image other bytes: a version more, with what the image had before kept as former versions. Bytes
 * first, under a key of their own; then the record, whose commit makes them the image's.
 */
export async function replaceImage(
  deps: Deps,
  _caller: Caller,
  { image_id, bytes, size_bytes, if_match }: ReplaceImageInput,
): Promise<ReplaceImageOutput> {
  const before = await replaceable(deps, image_id, if_match);
  return inReservedRoom(
    deps,
    before.image_id,
    async (room) => {
      await room.announce({ user_id: before.user_id, size_bytes });
      const received = await receiveImage(deps, bytes);
      const object_key = await keep(deps, room, before, received);
      const { draft: _draft, ...measured } = received;
      try {
        const image = await succeed(deps, image_id, async (previous) => {
          if (!ifMatchAllows(if_match, etagOf(previous))) throw preconditionFailed();
          return { ...measured, object_key, status: deps.statusOnArrival };
        });
        return { image, ...(await presentImage(deps, image, 'inline')) };
      } catch (error) {
        await takeBack(deps, before, object_key, error);
        throw error;
      }
    },
    0,
  );
}

async function replaceable(
  deps: Pick<Deps, 'index'>,
  image_id: string,
  if_match: string | undefined,
): Promise<ImageRecord> {
  const image = await findImage(deps, image_id);
  if (!ifMatchAllows(if_match, etagOf(image))) throw preconditionFailed();
  if (image.status === 'pending') {
    throw new DomainError('conflict', 'The image is still being uploaded. Complete that first.');
  }
  return image;
}

/** Puts the bytes under a key that nothing has yet: another replacement, or one that was cut off, may have one. */
async function keep(
  deps: Deps,
  room: UploadRoom,
  { user_id, image_id, version }: ImageRecord,
  { draft, ...measured }: ReceivedImage,
): Promise<ObjectKey> {
  try {
    await room.settle(user_id, measured.size_bytes);
    for (let attempt = 0; ; attempt++) {
      const key = replacementObjectKey(user_id, image_id, version + 1, attempt);
      const isTaken = await exists(deps, key);
      if (isTaken && attempt < MOST_LEFTOVERS) continue;
      await draft.commit(key, measured);
      return key;
    }
  } catch (error) {
    await giveUp(draft, deps.log);
    throw error;
  }
}

async function exists({ objects }: Pick<Deps, 'objects'>, key: ObjectKey): Promise<boolean> {
  const object = await objects.open(key);
  await object?.close();
  return object !== undefined;
}

/**
 * The bytes of a replacement that came to nothing. Where its record may have been written all the same, a job
 * finds out later whether anything refers to them.
 */
async function takeBack(
  { objects, jobs, log }: Pick<Deps, 'objects' | 'jobs' | 'log'>,
  { image_id, user_id }: ImageRecord,
  object_key: ObjectKey,
  error: unknown,
): Promise<void> {
  try {
    if (!isDomainError(error, 'unavailable')) return await objects.delete(object_key);
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not take back the bytes of a failed replacement now');
  }
  const job: WithdrawImage = { kind: 'withdraw-image', image_id, user_id, object_keys: [object_key] };
  await jobs.enqueue(job).catch((cause: unknown) => {
    log.error({ err: cause, image_id, object_key }, 'could not queue the clean-up of a failed replacement');
  });
}
