import { DomainError, unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { isStrippedOf } from '../../domain/object-key.ts';
import type { KeptAnswer } from '../../ports/idempotency-keys.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Deps } from '../deps.ts';
import { fingerprintOf, idempotencyKeyReused } from './once.ts';
import { type ImageView, presentImage } from './present-image.ts';

/** What an upload is told by: its bytes, and what was said of them; not the form in which it came. */
export type AskedUpload = Pick<
  ImageRecord,
  'checksum_sha256' | 'user_id' | 'filename' | 'title' | 'description' | 'tags'
>;

type ImageWithUrl = ImageView & { readonly image: ImageRecord };

export function fingerprintOfUpload(asked: AskedUpload): string {
  const { checksum_sha256, user_id, filename, title, description, tags } = asked;
  return fingerprintOf({ checksum_sha256, user_id, filename, title, description, tags });
}

/** What is kept under the key of an upload that has made this image. */
export function answerOfUpload(image: ImageRecord): KeptAnswer {
  return { fingerprint: fingerprintOfUpload(image), content: image };
}

/** The first answer once more, with a URL of now. @throws DomainError `idempotency_key_reused` */
export async function answeredBefore(
  deps: Pick<Deps, 'objects' | 'clock' | 'urlExpiresSeconds'>,
  { fingerprint, content }: KeptAnswer,
  asked: AskedUpload,
): Promise<ImageWithUrl> {
  if (fingerprintOfUpload(asked) !== fingerprint) throw idempotencyKeyReused();
  const image = content as ImageRecord;
  return { image, ...(await presentImage(deps, image, 'inline')) };
}

/**
 * The image that another attempt under the same key has made.
 * @throws DomainError `idempotency_key_reused` when that was of another request.
 */
export async function madeByAnother(
  deps: Pick<Deps, 'objects' | 'clock' | 'urlExpiresSeconds'>,
  image: ImageRecord,
  asked: AskedUpload,
): Promise<ImageWithUrl> {
  if (!isOf(image, asked)) throw idempotencyKeyReused();
  const object = await deps.objects.open(image.object_key);
  // The record came after its bytes had been taken back: a job is about to remove it.
  if (!object) throw unavailable('An earlier attempt is still being cleared up.', undefined);
  await object.close();
  return { image, ...(await presentImage(deps, image, 'inline')) };
}

/** What has been changed since says nothing of the request any more, and what was removed of its bytes as little. */
function isOf(image: ImageRecord, asked: AskedUpload): boolean {
  const { filename, title, description, tags } = image;
  const { checksum_sha256: sent } = asked;
  const stored =
    sent !== null && isStrippedOf(image.object_key, sent) ? { ...image, checksum_sha256: sent } : image;
  const comparable = image.revision === 1 ? asked : { ...asked, filename, title, description, tags };
  return fingerprintOfUpload(stored) === fingerprintOfUpload(comparable);
}

/** An insert that was refused because another attempt under the same key has made the image. */
export class StoredByAnother extends DomainError {
  /** What this attempt would have stored. */
  readonly attempted: ImageRecord;

  constructor(attempted: ImageRecord, cause: unknown) {
    super('conflict', 'Another attempt has stored the image.', { cause });
    this.attempted = attempted;
  }
}

/** For bytes that are only looked at. */
export const NOWHERE: Pick<ObjectStore, 'begin'> = {
  begin: async () => ({
    write: async () => {},
    commit: () => Promise.reject(new Error('Nothing of a repeated request is stored.')),
    discard: async () => {},
  }),
};
