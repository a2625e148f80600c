import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { isDomainError } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import { imageObjectKey } from '../domain/object-key.ts';
import { tagList } from '../domain/tag.ts';
import { descriptionText, filenameText, titleText, userIdText } from '../domain/text.ts';
import type { ObjectDraft } from '../ports/object-store.ts';
import type { Deps } from './deps.ts';
import { type ImageUrl, presignImage } from './steps/present-image.ts';
import { giveUp, type ReceivedImage, receiveImage } from './steps/receive-image.ts';

/** What a caller may say of an image, beside its bytes. */
export const uploadFields = z.strictObject({
  user_id: userIdText,
  filename: filenameText.optional(),
  title: titleText.optional(),
  description: descriptionText.optional(),
  tags: tagList.optional(),
});

export type UploadFields = z.output<typeof uploadFields>;

export interface UploadImageInput {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Called once the bytes are all read: in a form, fields may come after the file. */
  readonly fields: () => Promise<UploadFields>;
}

export interface UploadImageOutput extends ImageUrl {
  readonly image: ImageRecord;
}

/**
 * Stores an image. Bytes first, then the record, whose commit makes the image visible; whatever fails
 * before that is taken back. What cannot be taken back now, or failed as `unavailable`, so that it may yet
 * arrive, is left to a job, which looks again later and settles it. A refusal leaves nothing to do.
 */
export async function uploadImage(
  deps: Deps,
  _caller: Caller,
  input: UploadImageInput,
): Promise<UploadImageOutput> {
  const created_at = deps.clock.now();
  const received = await receiveImage(deps, input.bytes);
  let fields: UploadFields;
  try {
    fields = await input.fields();
  } catch (error) {
    await giveUp(received.draft, deps.log);
    throw error;
  }
  const image_id = newImageId(created_at);
  const place = { image_id, object_key: imageObjectKey(fields.user_id, image_id, 1) };
  const { draft, ...measured } = received;
  await commitObject(deps, draft, measured, place);
  return insertRecord(deps, newRecord(place, fields, measured, created_at, deps.clock.now()));
}

/** The names under which an upload is stored. */
type Place = Pick<ImageRecord, 'image_id' | 'object_key'>;
type Measured = Omit<ReceivedImage, 'draft'>;

function newRecord(
  place: Place,
  fields: UploadFields,
  measured: Measured,
  createdAt: number,
  uploadedAt: number,
): ImageRecord {
  const upload_time = new Date(uploadedAt).toISOString();
  return {
    ...place,
    user_id: fields.user_id,
    filename: fields.filename ?? null,
    title: fields.title ?? null,
    description: fields.description ?? null,
    tags: fields.tags ?? [],
    ...measured,
    status: 'ready',
    rejection_reason: null,
    version: 1,
    revision: 1,
    created_at: new Date(createdAt).toISOString(),
    upload_time,
    updated_at: upload_time,
    deleted_at: null,
  };
}

async function commitObject(deps: Deps, draft: ObjectDraft, measured: Measured, place: Place): Promise<void> {
  try {
    await draft.commit(place.object_key, measured);
  } catch (error) {
    const takenBack = await giveUp(draft, deps.log);
    // What a conflict has met is not ours.
    const mayBeLeft = !takenBack && !isDomainError(error, 'conflict');
    if (mayBeLeft || isDomainError(error, 'unavailable')) await leaveToJob(deps, place);
    throw error;
  }
}

async function insertRecord(deps: Deps, image: ImageRecord): Promise<UploadImageOutput> {
  let url: ImageUrl;
  try {
    // Now, because once the image is visible nothing may fail any more.
    url = await presignImage(deps, image, 'inline');
  } catch (error) {
    if (!(await takeBackObject(deps, image))) await leaveToJob(deps, image);
    throw error;
  }
  try {
    await deps.index.insert(image);
  } catch (error) {
    await settleFailedInsert(deps, image, error);
  }
  return { image, ...url };
}

/**
 * An insert that failed may have been made all the same, its answer lost on the way. If the record is
 * there, the upload has succeeded; if it is not, the bytes are taken back; where that cannot be known or
 * done now, a job finds out later.
 */
async function settleFailedInsert(deps: Deps, image: ImageRecord, error: unknown): Promise<void> {
  const { index, log } = deps;
  const mayBeStored = isDomainError(error, 'unavailable');
  let record: ImageRecord | undefined;
  try {
    if (mayBeStored) record = await index.get(image.image_id);
  } catch (cause) {
    log.error({ err: cause, image_id: image.image_id }, 'could not find out how an upload has ended');
    await leaveToJob(deps, image);
    throw error;
  }
  if (record) return;
  const takenBack = await takeBackObject(deps, image);
  // A write that got no answer may still arrive: then the record has to go too.
  if (mayBeStored || !takenBack) await leaveToJob(deps, image);
  throw error;
}

/** True when the bytes are gone. */
async function takeBackObject({ objects, log }: Deps, { image_id, object_key }: Place): Promise<boolean> {
  try {
    await objects.delete(object_key);
    return true;
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not take back the bytes of a failed upload now');
    return false;
  }
}

async function leaveToJob({ jobs, log }: Deps, { image_id, object_key }: Place): Promise<void> {
  await jobs.enqueue({ kind: 'clean-up-object', image_id, object_key }).catch((cause: unknown) => {
    log.error({ err: cause, image_id, object_key }, 'could not queue the clean-up of a failed upload');
  });
}
