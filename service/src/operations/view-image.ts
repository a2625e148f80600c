import type { Caller } from '../domain/caller.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { type Disposition, type ImageView, presentImage } from './steps/present-image.ts';

export interface ViewImageInput {
  readonly image_id: string;
  readonly disposition: Disposition;
}

export interface ViewImageOutput extends ImageView {
  readonly image: ImageRecord;
}

/** The image's metadata, and a presigned URL of its bytes where it can be served. */
export async function viewImage(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  caller: Caller,
  { image_id, disposition }: ViewImageInput,
): Promise<ViewImageOutput> {
  const image = await findImage(deps, caller, image_id);
  return { image, ...(await presentImage(deps, image, disposition)) };
}
