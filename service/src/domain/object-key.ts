import { type ImageId, isImageId } from './image-id.ts';
import { renditionOfName } from './rendition-name.ts';

/**
 * The name of an object: segments of `[A-Za-z0-9_.%-]` parted by `/`. User-made parts are
 * percent-encoded outside `[A-Za-z0-9_-]`, so no user can produce a `.`, and segments that start with
 * `.` are ours. A key is the same in every store; S3 allows 1,024 bytes, of which an image's takes at
 * most 470.
 */
export type ObjectKey = string;

/** Where bytes wait until their upload is complete. */
export const UPLOADS_PREFIX = '.uploads/';

/** Where renditions lie. All of them can be made again. */
export const RENDITIONS_PREFIX = '.renditions/';

/** Where bytes lie that can still be restored. */
export const TRASH_PREFIX = '.trash/';

const SAFE_BYTE = /[A-Za-z0-9_-]/;
const SAFE = /^[A-Za-z0-9_-]*$/;

/** Percent-encodes the UTF-8 bytes of a user-made text outside `[A-Za-z0-9_-]`; injective. */
export function encodeKeyPart(text: string): string {
  // As most are: a page of a listing has hundreds of keys.
  if (SAFE.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += SAFE_BYTE.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** Where the bytes of one version of an image lie: `{user_id}/{image_id}`, later versions with `.v{n}`. */
export function imageObjectKey(userId: string, imageId: ImageId, version: number): ObjectKey {
  return `${encodeKeyPart(userId)}/${imageId}${version === 1 ? '' : `.v${version}`}`;
}

/** The image whose bytes lie under a key, in whatever version, or undefined for any other key. */
export function imageIdOfKey(key: ObjectKey): ImageId | undefined {
  const [id = ''] = key.split('/')[1]?.split('.') ?? [];
  return !key.startsWith('.') && isImageId(id) ? id : undefined;
}

/**
 * Where an attempt to replace an image's bytes puts those of the next version: the first where every version's
 * lie, later ones beside it, since what was cut off may have left its own there.
 */
export function replacementObjectKey(
  userId: string,
  imageId: ImageId,
  version: number,
  attempt: number,
): ObjectKey {
  return `${imageObjectKey(userId, imageId, version)}${attempt === 0 ? '' : `.t${attempt}`}`;
}

/**
 * Where those bytes lie that were made of the ones under a key and do not say where the image was taken:
 * `{key}.s{n}`, with the first 16 digits of the SHA-256 of either. So no other bytes are ever looked for there,
 * whichever release has made them, and a repeated upload can be known by what it sent.
 */
export function strippedObjectKey(key: ObjectKey, sent: string, stored: string): ObjectKey {
  return `${key}.s${sent.slice(0, DIGITS)}${stored.slice(0, DIGITS)}`;
}

const DIGITS = 16;
const STRIPPED = /^(.+)\.s([0-9a-f]{16})[0-9a-f]{16}$/;

/** Under which key the bytes lay before; undefined for a key of bytes that are as they came. */
export function unstrippedKey(key: ObjectKey): ObjectKey | undefined {
  return STRIPPED.exec(key)?.[1];
}

/** Whether bytes were made of those with this SHA-256. */
export function isStrippedOf(key: ObjectKey, sent: string): boolean {
  return STRIPPED.exec(key)?.[2] === sent.slice(0, DIGITS);
}

/** Of which version the bytes under an image's key are. */
export function versionOfKey(key: ObjectKey): number {
  return Number(/\.v(\d+)(?:\.t\d+)?$/.exec(unstrippedKey(key) ?? key)?.[1] ?? '1');
}

/** Where the bytes of an announced upload arrive: below `.uploads/`, otherwise as they will be called. */
export function uploadObjectKey(userId: string, imageId: ImageId): ObjectKey {
  return `${UPLOADS_PREFIX}${encodeKeyPart(userId)}/${imageId}`;
}

/** Of which image an upload is; undefined for a key that is none of an upload. */
export function imageIdOfUpload(key: ObjectKey): ImageId | undefined {
  const id = key.slice(key.lastIndexOf('/') + 1);
  return key.startsWith(UPLOADS_PREFIX) && isImageId(id) ? id : undefined;
}

/**
 * Where an attempt under an idempotency key puts the first version's bytes. Every attempt has a place of
 * its own, so that none can take away what another one's record refers to: the first that of every upload,
 * those that take over `{user_id}/{image_id}.t{n}`.
 */
export function attemptObjectKey(userId: string, imageId: ImageId, takeovers: number): ObjectKey {
  return `${imageObjectKey(userId, imageId, 1)}${takeovers === 0 ? '' : `.t${takeovers}`}`;
}

/** What the keys of all renditions of an image begin with, of whatever version, and those of no other image. */
export function renditionsPrefix(userId: string, imageId: ImageId): string {
  return `${RENDITIONS_PREFIX}${encodeKeyPart(userId)}/${imageId}.v`;
}

/** What the keys of the renditions of one version begin with, and those of no other. */
export function versionRenditionsPrefix(userId: string, imageId: ImageId, version: number): string {
  return `${renditionsPrefix(userId, imageId)}${version}/`;
}

/** Where a rendition lies, by its name (`rendition-name.ts`): `.renditions/{user_id}/{image_id}.v{n}/{name}`. */
export function renditionObjectKey(
  userId: string,
  imageId: ImageId,
  version: number,
  name: string,
): ObjectKey {
  return `${versionRenditionsPrefix(userId, imageId, version)}${name}`;
}

export interface RenditionOwner {
  readonly image_id: ImageId;
  readonly version: number;
}

const RENDITION_KEY = /^\.renditions\/([^/]+)\/([^/.]+)\.v([1-9]\d{0,14})\/([^/]+)$/;

/** Of which version of which image a rendition is; undefined for every key that no rendition can have. */
export function imageIdOfRendition(key: ObjectKey): RenditionOwner | undefined {
  const [, user = '', id = '', version = '', name = ''] = RENDITION_KEY.exec(key) ?? [];
  if (!isKeyPart(user) || !isImageId(id) || renditionOfName(name) === undefined) return undefined;
  return { image_id: id, version: Number(version) };
}

const RENDITIONS_KEY = /^\.renditions\/([^/]+)\/([^/.]+)\.v([1-9]\d{0,14})$/;

/** Of which version of which image all renditions lie below; undefined for every other beginning of keys. */
export function ownerOfRenditions(prefix: string): RenditionOwner | undefined {
  const [, user = '', id = '', version = ''] = RENDITIONS_KEY.exec(prefix) ?? [];
  if (!isKeyPart(user) || !isImageId(id)) return undefined;
  return { image_id: id, version: Number(version) };
}

/** True for what `encodeKeyPart` can make. */
function isKeyPart(part: string): boolean {
  try {
    return part !== '' && encodeKeyPart(decodeURIComponent(part)) === part;
  } catch {
    return false;
  }
}

const SEGMENT = /^\.?[A-Za-z0-9_%-][A-Za-z0-9_.%-]*$/;

/** True for what can be a key at all: never an empty, `.` or `..` segment. Drivers refuse the rest. */
export function isObjectKey(key: string): boolean {
  return key.length <= 1024 && key.split('/').every((segment) => SEGMENT.test(segment));
}
