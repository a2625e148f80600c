import type { Caller } from '../domain/caller.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { type Disposition, expiryOf, type ImageView, presentImage } from './steps/present-image.ts';

export interface ViewImageInput {
  readonly image_id: string;
  readonly disposition: Disposition;
}

export interface ViewImageOutput extends ImageView {
  readonly image: ImageRecord;
}

interface Shown {
  readonly objects: Deps['objects'];
  readonly disposition: Disposition;
  readonly expires_at: number;
  readonly output: ViewImageOutput;
}

/** How records were shown the last time: an index that has records ready gives the very same until they change. */
const shown = new WeakMap<ImageRecord, Shown>();

/** The image's metadata, and a presigned URL of its bytes where it can be served. */
export async function viewImage(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  caller: Caller,
  { image_id, disposition }: ViewImageInput,
): Promise<ViewImageOutput> {
  const image = await findImage(deps, caller, image_id);
  const { objects } = deps;
  const expires_at = expiryOf(deps);
  const last = shown.get(image);
  if (last?.objects === objects && last.expires_at === expires_at && last.disposition === disposition) {
    return last.output;
  }
  const output = { image, ...(await presentImage(deps, image, disposition)) };
  shown.set(image, { objects, disposition, expires_at, output });
  return output;
}
