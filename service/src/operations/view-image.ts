import type { Caller } from '../domain/caller.ts';
import { imageNotFound } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { isImageId } from '../domain/image-id.ts';
import type { Deps } from './deps.ts';
import { type Disposition, type ImageUrl, presignImage } from './steps/present-image.ts';

export interface ViewImageInput {
  readonly image_id: string;
  readonly disposition: Disposition;
}

export interface ViewImageOutput extends ImageUrl {
  readonly image: ImageRecord;
}

/** The image's metadata, and a presigned URL of its bytes where it can be served. */
export async function viewImage(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  _caller: Caller,
  { image_id, disposition }: ViewImageInput,
): Promise<ViewImageOutput> {
  const image = isImageId(image_id) ? await deps.index.get(image_id) : undefined;
  if (!image) throw imageNotFound();
  return { image, ...(await presignImage(deps, image, disposition)) };
}
