import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { isDomainError } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import { imageObjectKey } from '../domain/object-key.ts';
import { tagList } from '../domain/tag.ts';
import { descriptionText, filenameText, titleText, userIdText } from '../domain/text.ts';
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
 * before that leaves nothing behind.
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
  const image = await store(deps, received, fields, created_at);
  return { image, ...(await presignImage(deps, image, 'inline')) };
}

async function store(
  deps: Deps,
  { draft, ...received }: ReceivedImage,
  fields: UploadFields,
  createdAt: number,
): Promise<ImageRecord> {
  const image_id = newImageId(createdAt);
  const object_key = imageObjectKey(fields.user_id, image_id, 1);
  try {
    await draft.commit(object_key, received);
  } catch (error) {
    await giveUp(draft, deps.log);
    throw error;
  }
  const upload_time = new Date(deps.clock.now()).toISOString();
  const record: ImageRecord = {
    image_id,
    user_id: fields.user_id,
    filename: fields.filename ?? null,
    title: fields.title ?? null,
    description: fields.description ?? null,
    tags: fields.tags ?? [],
    ...received,
    status: 'ready',
    rejection_reason: null,
    version: 1,
    revision: 1,
    created_at: new Date(createdAt).toISOString(),
    upload_time,
    updated_at: upload_time,
    deleted_at: null,
    object_key,
  };
  try {
    await deps.index.insert(record);
    return record;
  } catch (error) {
    return settleFailedInsert(deps, record, error);
  }
}

/**
 * An insert that failed may have been made all the same, its answer lost on the way. If the record is
 * there, the upload has succeeded; if it is not, the bytes are taken back; where that cannot be known or
 * done now, a job finds out later.
 */
async function settleFailedInsert(
  { index, objects, jobs, log }: Deps,
  record: ImageRecord,
  error: unknown,
): Promise<ImageRecord> {
  const { image_id, object_key } = record;
  const mayBeStored = isDomainError(error, 'unavailable');
  let takenBack = false;
  try {
    if (mayBeStored && (await index.get(image_id))) return record;
    await objects.delete(object_key);
    takenBack = true;
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not take back the bytes of a failed upload now');
  }
  // A write that got no answer may still arrive: then the record has to go too.
  if (mayBeStored || !takenBack) {
    await jobs.enqueue({ kind: 'clean-up-object', image_id, object_key }).catch((cause: unknown) => {
      log.error({ err: cause, image_id, object_key }, 'could not queue the clean-up of a failed upload');
    });
  }
  throw error;
}
