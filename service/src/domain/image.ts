import type { Exif } from './exif.ts';
import type { ImageId } from './image-id.ts';
import type { MediaType } from './media-type.ts';
import { type ObjectKey, unstrippedKey } from './object-key.ts';
import type { PresetName } from './rendition.ts';

/**
 * `pending`: announced, bytes not yet accepted; `scanning`: accepted, not yet known to be safe;
 * `ready`: can be served; `rejected`: never served, `rejection_reason` says why.
 */
export type ImageStatus = 'pending' | 'scanning' | 'ready' | 'rejected';

/**
 * The whole record of an image. Fields have the names of the API in every layer and in every store, so
 * that nothing has to be translated; times are UTC, ISO 8601 with milliseconds, and sort as text.
 */
export interface ImageRecord {
  readonly image_id: ImageId;
  readonly user_id: string;
  readonly filename: string | null;
  readonly title: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** While `pending`, as announced; then as the bytes say. So is `size_bytes`. */
  readonly content_type: MediaType;
  readonly size_bytes: number;
  /** Pixels, as the header says: before any EXIF orientation. Null while `pending`. */
  readonly width: number | null;
  readonly height: number | null;
  /** SHA-256 of the bytes that are stored, lower-case hex; while `pending` what was announced, if it was. */
  readonly checksum_sha256: string | null;
  readonly status: ImageStatus;
  /** Why it is `rejected`, or cannot be scanned now: a word of RejectionReason, perhaps with `: ` and a detail. */
  readonly rejection_reason: string | null;
  /** Counts the image's bytes: 1, then one more with each replacement. */
  readonly version: number;
  /** Counts the changes of a version that callers made; background work never moves it. */
  readonly revision: number;
  /** Counts what background work has written of the record; whoever writes must know the latest of it. */
  readonly background_revision: number;
  /** When the record was made. */
  readonly created_at: string;
  /** When the bytes were accepted: with `image_id` the order of every listing. */
  readonly upload_time: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  /** Where the bytes are in the object store; never shown to callers. */
  readonly object_key: string;
  /** While `pending`: how the bytes come. */
  readonly upload: AnnouncedUpload | null;
  /** Shown until the pixels are there. Null until it has been made, as is the next. */
  readonly placeholder: Placeholder | null;
  /** Which presets of the current version lie in the object store. */
  readonly presets: StoredPresets | null;
  /** What the camera wrote into the current version's file. */
  readonly exif: Exif | null;
  /** When the bytes of the current version were accepted: `upload_time` of the first. */
  readonly accepted_at: string;
  /** Bytes that the image had before, newest first. */
  readonly former_versions: readonly FormerVersion[];
}

/** A version of an image that is not the current one any more, and can be made it again. */
export interface FormerVersion
  extends Pick<
    ImageRecord,
    | 'version'
    | 'content_type'
    | 'size_bytes'
    | 'width'
    | 'height'
    | 'checksum_sha256'
    | 'object_key'
    | 'status'
    | 'accepted_at'
  > {}

/** The current version of an image, as it is kept once there is another. */
export function currentVersionOf(record: ImageRecord): FormerVersion {
  const { version, content_type, size_bytes, width, height, checksum_sha256 } = record;
  const { object_key, status, accepted_at } = record;
  return {
    version,
    content_type,
    size_bytes,
    width,
    height,
    checksum_sha256,
    object_key,
    status,
    accepted_at,
  };
}

/** The keys of all objects that a record refers to. */
export function objectKeysOf(record: Pick<ImageRecord, 'object_key' | 'former_versions'>): Set<string> {
  return new Set([record.object_key, ...record.former_versions.map(({ object_key }) => object_key)]);
}

/** Whether an image's current bytes are under a key, or were before something was removed from them. */
export function isOrWasUnder({ object_key }: Pick<ImageRecord, 'object_key'>, key: ObjectKey): boolean {
  return object_key === key || unstrippedKey(object_key) === key;
}

/** What an image takes of its user's room: all versions, each of their objects once. */
export function storedBytes({
  object_key,
  size_bytes,
  former_versions,
}: Pick<ImageRecord, 'object_key' | 'size_bytes' | 'former_versions'>): number {
  const sizes = new Map(former_versions.map((former) => [former.object_key, former.size_bytes]));
  sizes.set(object_key, size_bytes);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

export interface Placeholder {
  /** https://evanw.github.io/thumbhash/: base64, some 34 characters. */
  readonly thumbhash: string;
  /** The dominant colour, `#rrggbb`. */
  readonly color: string;
}

export interface StoredPresets {
  readonly format: 'webp' | 'avif';
  readonly names: readonly PresetName[];
}

/** Why an image is not served; the words are part of the API. */
export type RejectionReason =
  /** With the scanner's name of what it found. */
  | 'infected'
  | 'too_large_to_scan'
  | 'unscannable'
  /** While `scanning`: there is no verdict yet, because the scanner could not be asked; it is tried again. */
  | 'scanner_unavailable'
  /** With what is wrong with the pixels. */
  | 'undecodable'
  /** Its structure cannot be followed, so that nobody knows whether it says where it was taken. */
  | 'location_not_removable';

/** Bytes that a caller is to send straight to the store. */
export interface AnnouncedUpload {
  readonly method: UploadMethod;
  /** When what was signed for it ends, and it is forgotten. ISO 8601. */
  readonly expires_at: string;
  /** Of an upload in parts: the store's id of it, and the size of every part but the last. */
  readonly parts_id?: string;
  readonly part_size_bytes?: number;
}

/** A form, one PUT, or PUTs of parts, which can be resumed. */
export type UploadMethod = 'post' | 'put' | 'parts';

type DetailName =
  | 'description'
  | 'checksum_sha256'
  | 'upload'
  | 'background_revision'
  | 'exif'
  | 'accepted_at'
  | 'former_versions';

/** What a listing holds of an image. */
export type ImageSummary = Omit<ImageRecord, DetailName>;

export function summaryOf(record: ImageRecord): ImageSummary {
  const {
    description: _description,
    checksum_sha256: _checksum,
    upload: _upload,
    background_revision: _background,
    exif: _exif,
    accepted_at: _accepted,
    former_versions: _former,
    ...summary
  } = record;
  return summary;
}

/** The entity tag of an image's metadata, quoted (RFC 9110, section 8.8.3): `"{version}.{revision}"`. */
export function etagOf(image: Pick<ImageRecord, 'version' | 'revision'>): string {
  return `"${image.version}.${image.revision}"`;
}
