import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { finishUpload } from './steps/finish-upload.ts';
import { type ImageView, presentImage } from './steps/present-image.ts';

export interface CompleteUploadOutput extends ImageView {
  readonly image: ImageRecord;
}

/**
 * Makes an announced image of the bytes that have arrived: they must be those that were announced, and an
 * image of the announced type. Bytes that are not are removed, with the record. Done again it answers alike.
 */
export async function completeUpload(
  deps: Deps,
  caller: Caller,
  image_id: string,
): Promise<CompleteUploadOutput> {
  const image = await findImage(deps, caller, image_id);
  if (image.status === 'rejected') {
    throw new DomainError('unprocessable_image', `The image was rejected: ${image.rejection_reason}.`);
  }
  const finished =
    image.status === 'pending'
      ? await finishUpload(deps, image, { caller, action: 'complete-upload' })
      : image;
  return { image: finished, ...(await presentImage(deps, finished, 'inline')) };
}
