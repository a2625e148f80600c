import { ANONYMOUS } from '../../src/domain/caller.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { type UploadFields, type UploadImageInput, uploadImage } from '../../src/operations/upload-image.ts';
import { SMALL_IMAGES } from './small-images.ts';

export const JPEG = SMALL_IMAGES['image/jpeg'].bytes;

/** Copies: whoever takes an upload's bytes may release their memory. */
export async function* pieces(...bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const each of bytes) yield Buffer.from(each);
}

/** An upload of a small JPEG by alice, but for what is said otherwise. */
export function input(
  differing: { bytes?: AsyncIterable<Uint8Array>; fields?: UploadFields } = {},
): UploadImageInput {
  const { bytes = pieces(JPEG), fields = { user_id: 'alice' } } = differing;
  return { bytes, fields: async () => fields };
}

/** What the operation makes of it. */
export const upload = (deps: Deps, given = input()) => uploadImage(deps, ANONYMOUS, given);
