import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Deps } from './deps.ts';
import { type ViewImageInput, viewImage } from './view-image.ts';

/** Where the image's bytes can be fetched right now. */
export async function viewImageContent(
  deps: Pick<Deps, 'index' | 'objects' | 'clock' | 'urlExpiresSeconds'>,
  caller: Caller,
  input: ViewImageInput,
): Promise<{ url: string }> {
  const { image, url } = await viewImage(deps, caller, input);
  if (url === null) throw new DomainError('not_ready', `The image is ${image.status} and cannot be served.`);
  return { url };
}
