import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { uploadObjectKey } from '../domain/object-key.ts';
import type { Deps } from './deps.ts';
import { findImage } from './steps/find-image.ts';
import { presignParts, type SignedPart } from './steps/upload-parts.ts';

export interface ListPartsOutput {
  readonly part_size_bytes: number;
  /** What has arrived whole. */
  readonly arrived: readonly { readonly number: number; readonly size_bytes: number }[];
  /** The rest, each with a fresh URL. */
  readonly parts: readonly SignedPart[];
  /** Of these URLs. */
  readonly expires_at: string;
  /** When the upload itself ends. */
  readonly upload_expires_at: string;
}

/** Where an upload in parts stands, for whoever takes it up again. */
export async function listParts(
  deps: Pick<Deps, 'index' | 'uploads' | 'clock' | 'uploadExpiresSeconds'>,
  caller: Caller,
  image_id: string,
): Promise<ListPartsOutput> {
  const image = await findImage(deps, caller, image_id);
  const { parts_id, part_size_bytes, expires_at: ends } = image.upload ?? {};
  if (parts_id === undefined || part_size_bytes === undefined || ends === undefined) {
    throw new DomainError('conflict', `The image is ${image.status}; it is no upload in parts under way.`);
  }
  const now = deps.clock.now();
  const upload = { key: uploadObjectKey(image.user_id, image_id), parts_id, part_size_bytes };
  const there = await deps.uploads.listParts(upload.key, parts_id);
  if (Date.parse(ends) <= now || !there)
    throw new DomainError('conflict', 'The upload has ended. Start another.');
  const wholeSeconds = Math.floor(now / 1000) + deps.uploadExpiresSeconds;
  const expires_at = Math.min(wholeSeconds * 1000, Date.parse(ends));
  const sizes = new Map(there.map((part) => [part.number, part.size_bytes]));
  const grant = { size_bytes: image.size_bytes, expires_at };
  const isMissing = (part: { number: number; size_bytes: number }) =>
    sizes.get(part.number) !== part.size_bytes;
  const parts = await presignParts(deps.uploads, upload, grant, isMissing);
  const missing = new Set(parts.map(({ number }) => number));
  return {
    part_size_bytes,
    arrived: there
      .filter(({ number }) => !missing.has(number))
      .map(({ number, size_bytes }) => ({ number, size_bytes })),
    parts,
    expires_at: new Date(expires_at).toISOString(),
    upload_expires_at: ends,
  };
}
