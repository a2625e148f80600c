import type { ImageId } from './image-id.ts';
import type { MediaType } from './media-type.ts';

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
  /** SHA-256 of the bytes, lower-case hex; while `pending` what was announced, if it was. */
  readonly checksum_sha256: string | null;
  readonly status: ImageStatus;
  readonly rejection_reason: string | null;
  /** Counts the image's bytes: 1, then one more with each replacement. */
  readonly version: number;
  /** Counts the changes of a version that callers made; background work never moves it. */
  readonly revision: number;
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
}

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

/** What a listing holds of an image. */
export type ImageSummary = Omit<ImageRecord, 'description' | 'checksum_sha256' | 'upload'>;

export function summaryOf(record: ImageRecord): ImageSummary {
  const { description: _description, checksum_sha256: _checksum, upload: _upload, ...summary } = record;
  return summary;
}

/** The entity tag of an image's metadata, quoted (RFC 9110, section 8.8.3): `"{version}.{revision}"`. */
export function etagOf(image: Pick<ImageRecord, 'version' | 'revision'>): string {
  return `"${image.version}.${image.revision}"`;
}
