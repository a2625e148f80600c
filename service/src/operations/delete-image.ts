import type { Caller } from '../domain/caller.ts';
import { imageNotFound, isDomainError, preconditionFailed } from '../domain/errors.ts';
import { etagOf, type ImageRecord } from '../domain/image.ts';
import { isImageId } from '../domain/image-id.ts';
import { ifMatchAllows } from '../domain/precondition.ts';
import type { Deps } from './deps.ts';
import { abandonUpload } from './steps/abandon-upload.ts';
import { giveBackRoom } from './steps/give-back.ts';

export interface DeleteImageInput {
  readonly image_id: string;
  /** The `If-Match` header, where there is one. */
  readonly if_match: string | undefined;
}

/**
 * Removes an image for good. Bytes first: if that fails the record stays and the caller can try again;
 * once they are gone the record follows, whoever has changed it meanwhile, in the end by a job. So it does
 * if they have gone although the removal seemed to fail (`unavailable`). An upload under way is ended.
 */
export async function deleteImage(
  deps: Pick<Deps, 'index' | 'objects' | 'uploads' | 'jobs' | 'quotas' | 'log'>,
  _caller: Caller,
  { image_id, if_match }: DeleteImageInput,
): Promise<void> {
  const image = isImageId(image_id) ? await deps.index.get(image_id) : undefined;
  if (!image) throw imageNotFound();
  if (!ifMatchAllows(if_match, etagOf(image))) throw preconditionFailed();
  const stored = await withoutUpload(deps, image);
  if (stored) await removeStored(deps, stored);
}

/** Ends the upload of an image that has one under way; the image as it is if it was completed meanwhile. */
async function withoutUpload(
  deps: Parameters<typeof abandonUpload>[0],
  image: ImageRecord,
): Promise<ImageRecord | undefined> {
  let current: ImageRecord | undefined = image;
  while (current?.upload) {
    if (await abandonUpload(deps, current)) return undefined;
    current = await deps.index.get(image.image_id);
  }
  return current;
}

async function removeStored(
  deps: Pick<Deps, 'index' | 'objects' | 'jobs' | 'quotas' | 'log'>,
  image: ImageRecord,
): Promise<void> {
  try {
    await deps.objects.delete(image.object_key);
  } catch (error) {
    if (isDomainError(error, 'unavailable')) await finishLater(deps, image);
    throw error;
  }
  try {
    await removeRecord(deps, image);
  } catch (error) {
    await finishLater(deps, image);
    throw error;
  }
}

async function removeRecord(deps: Pick<Deps, 'index' | 'quotas' | 'log'>, image: ImageRecord): Promise<void> {
  const { index } = deps;
  for (let current: ImageRecord | undefined = image; current; current = await index.get(image.image_id)) {
    try {
      await index.remove(current);
      return await giveBackRoom(deps, current);
    } catch (error) {
      // Gone: somebody else has deleted it too. Changed: look again, and remove what is there now.
      if (isDomainError(error, 'not_found')) return;
      if (!isDomainError(error, 'conflict')) throw error;
    }
  }
}

async function finishLater(
  { jobs, log }: Pick<Deps, 'jobs' | 'log'>,
  { image_id, object_key }: ImageRecord,
): Promise<void> {
  await jobs.enqueue({ kind: 'clean-up-object', image_id, object_key }).catch((cause: unknown) => {
    log.error({ err: cause, image_id, object_key }, 'could not queue the rest of a deletion');
  });
}
