import type { Exif } from '../../../domain/exif.ts';
import type {
  AnnouncedUpload,
  FormerVersion,
  ImageRecord,
  ImageStatus,
  ImageSummary,
  Placeholder,
  StoredPresets,
} from '../../../domain/image.ts';
import type { ImageId } from '../../../domain/image-id.ts';
import type { MediaType } from '../../../domain/media-type.ts';

/** The columns of an `ImageSummary`, of the tables `images` (as `i`) and `users` (as `u`). */
export const SUMMARY_COLUMNS = `i.image_id, u.user_id, i.filename, i.title, i.tags, i.content_type, i.size_bytes,
  i.width, i.height, i.status, i.rejection_reason, i.version, i.revision, i.created_at, i.upload_time,
  i.updated_at, i.deleted_at, i.object_key, i.placeholder, i.presets`;

export const RECORD_COLUMNS = `${SUMMARY_COLUMNS}, i.description, i.checksum_sha256, i.upload, i.background_revision,
  i.exif, i.accepted_at, i.former_versions`;

export interface SummaryRow {
  readonly image_id: Uint8Array;
  readonly user_id: string;
  readonly filename: string | null;
  readonly title: string | null;
  readonly tags: string;
  readonly content_type: string;
  readonly size_bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly status: string;
  readonly rejection_reason: string | null;
  readonly version: number;
  readonly revision: number;
  readonly created_at: number;
  readonly upload_time: number;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  readonly object_key: string;
  readonly placeholder: string | null;
  readonly presets: string | null;
}

export interface RecordRow extends SummaryRow {
  readonly description: string | null;
  readonly checksum_sha256: Uint8Array | null;
  readonly upload: string | null;
  readonly background_revision: number;
  readonly exif: string | null;
  readonly accepted_at: number | null;
  readonly former_versions: string | null;
}

export function summaryFromRow(row: SummaryRow): ImageSummary {
  return {
    image_id: idFromBytes(row.image_id),
    user_id: row.user_id,
    filename: row.filename,
    title: row.title,
    tags: row.tags === '[]' ? [] : (JSON.parse(row.tags) as string[]),
    content_type: row.content_type as MediaType,
    size_bytes: row.size_bytes,
    width: row.width,
    height: row.height,
    status: row.status as ImageStatus,
    rejection_reason: row.rejection_reason,
    version: row.version,
    revision: row.revision,
    created_at: isoTime(row.created_at),
    upload_time: isoTime(row.upload_time),
    updated_at: isoTime(row.updated_at),
    deleted_at: row.deleted_at === null ? null : isoTime(row.deleted_at),
    object_key: row.object_key,
    placeholder: fromJson<Placeholder>(row.placeholder),
    presets: presetsFromJson(row.presets),
  };
}

export function recordFromRow(row: RecordRow): ImageRecord {
  return {
    ...summaryFromRow(row),
    description: row.description,
    checksum_sha256: row.checksum_sha256 && Buffer.from(row.checksum_sha256).toString('hex'),
    upload: fromJson<AnnouncedUpload>(row.upload),
    background_revision: row.background_revision,
    exif: fromJson<Exif>(row.exif),
    accepted_at: isoTime(row.accepted_at ?? row.upload_time),
    former_versions: fromJson<FormerVersion[]>(row.former_versions) ?? [],
  };
}

function fromJson<Value>(text: string | null): Value | null {
  return text === null ? null : (JSON.parse(text) as Value);
}

/** Most images have one of a few: all presets in one format. */
const knownPresets = new Map<string, StoredPresets>();

const MOST_KNOWN = 100;

function presetsFromJson(text: string | null): StoredPresets | null {
  if (text === null) return null;
  const known = knownPresets.get(text);
  if (known) return known;
  const presets = JSON.parse(text) as StoredPresets;
  if (knownPresets.size < MOST_KNOWN) knownPresets.set(text, presets);
  return presets;
}

/** The time that was written last: an image has several, which are the same until it is changed. */
let latest = { milliseconds: 0, text: '1970-01-01T00:00:00.000Z' };

export function isoTime(milliseconds: number): string {
  if (milliseconds !== latest.milliseconds) {
    latest = { milliseconds, text: new Date(milliseconds).toISOString() };
  }
  return latest.text;
}

export function idToBytes(id: ImageId): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function idFromBytes(bytes: Uint8Array): ImageId {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
