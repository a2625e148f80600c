import type { Caller } from '../domain/caller.ts';
import { DomainError, isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord, isOrWasUnder } from '../domain/image.ts';
import type { CleanUpObject, ReservedRoom } from '../domain/job.ts';
import { type ObjectKey, replacementObjectKey } from '../domain/object-key.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';
import { giveUp, type ReceivedImage, receiveImage } from './steps/receive-image.ts';
import { mustHaveBytes, succeed } from './steps/succeed-version.ts';
import { inReservedRoom, type UploadRoom } from './steps/upload-room.ts';

export interface ReplaceImageInput {
  readonly image_id: string;
  /** Given: nobody else reads them afterwards. */
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
  caller: Caller,
  { image_id, bytes, size_bytes, if_match }: ReplaceImageInput,
): Promise<ReplaceImageOutput> {
  const before = await replaceable(deps, caller, image_id, if_match);
  const replace = async (room: UploadRoom): Promise<ImageRecord> => {
    await room.announce({ user_id: before.user_id, size_bytes });
    const received = await receiveImage(deps, bytes);
    const object_key = await keep(deps, room, before, received);
    const { draft: _draft, ...measured } = received;
    room.willBe(object_key);
    try {
      return await succeed(deps, { caller, action: 'replace-image' }, image_id, async (previous) => {
        if (!ifMatchAllows(if_match, etagOf(previous))) throw preconditionFailed();
        return { ...measured, object_key, status: deps.statusOnArrival };
      });
    } catch (error) {
      return settleFailure(deps, room, { ...before, object_key }, error);
    }
  };
  const image = await inReservedRoom(deps, before.image_id, replace, 0);
  // Only now: where this fails, the bytes are the image's all the same.
  return { image, ...(await presentImage(deps, image, 'inline')) };
}

async function replaceable(
  deps: Pick<Deps, 'index'>,
  caller: Caller,
  image_id: string,
  if_match: string | undefined,
): Promise<ImageRecord> {
  const image = await findImage(deps, caller, image_id);
  if (!ifMatchAllows(if_match, etagOf(image))) throw preconditionFailed();
  mustHaveBytes(image);
  return image;
}

/** Puts the bytes under a key that nothing has yet: another replacement, or one that was cut off, may have one. */
async function keep(
  deps: Deps,
  room: UploadRoom,
  image: ImageRecord,
  { draft, ...measured }: ReceivedImage,
): Promise<ObjectKey> {
  const { user_id, image_id, version } = image;
  let object_key: ObjectKey | undefined;
  try {
    await room.settle(user_id, measured.size_bytes);
    for (let attempt = 0; ; attempt++) {
      object_key = replacementObjectKey(user_id, image_id, version + 1, attempt);
      const isTaken = await exists(deps, object_key);
      if (isTaken && attempt < MOST_LEFTOVERS) continue;
      await draft.commit(object_key, measured);
      return object_key;
    }
  } catch (error) {
    const takenBack = await giveUp(draft, deps.log);
    // What a conflict has met is not ours.
    const mayBeLeft = !takenBack && !isDomainError(error, 'conflict');
    if (object_key !== undefined && (mayBeLeft || isDomainError(error, 'unavailable'))) {
      await leaveToJob(deps, { image_id, object_key });
    }
    if (isDomainError(error, 'conflict')) {
      throw new DomainError('conflict', 'Another request replaces the image at the same time. Try again.', {
        cause: error,
      });
    }
    throw error;
  }
}

async function exists({ objects }: Pick<Deps, 'objects'>, key: ObjectKey): Promise<boolean> {
  const object = await objects.open(key);
  await object?.close();
  return object !== undefined;
}

/**
 * A replacement whose record seems not to have been written. If it was all the same, its answer lost, the
 * replacement has succeeded; otherwise its bytes are taken back, by a job later where they may yet become the
 * image's.
 */
async function settleFailure(
  deps: Deps,
  room: UploadRoom,
  { image_id, object_key }: Place,
  error: unknown,
): Promise<ImageRecord> {
  const { index, objects, log } = deps;
  if (isDomainError(error, 'unavailable')) {
    try {
      const record = await index.get(image_id);
      if (record && isOrWasUnder(record, object_key)) return record;
    } catch (cause) {
      log.error({ err: cause, image_id }, 'could not find out how a replacement has ended');
    }
    await leaveToJob(deps, { image_id, object_key }, room.leaveToJob());
    throw error;
  }
  try {
    await objects.delete(object_key);
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not take back the bytes of a failed replacement now');
    await leaveToJob(deps, { image_id, object_key });
  }
  throw error;
}

type Place = Pick<ImageRecord, 'image_id' | 'object_key'>;

async function leaveToJob(
  { jobs, log }: Pick<Deps, 'jobs' | 'log'>,
  place: Place,
  reserved?: ReservedRoom,
): Promise<void> {
  const job: CleanUpObject = { kind: 'clean-up-object', ...place, ...(reserved ? { reserved } : {}) };
  await jobs.enqueue(job).catch((cause: unknown) => {
    log.error({ err: cause, ...place }, 'could not queue the clean-up of a failed replacement');
  });
}
