import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type ImageRecord, type ImageSummary, summaryOf } from '../../domain/image.ts';
import { imageObjectKey } from '../../domain/object-key.ts';
import type { DueKind } from '../../ports/image-index.ts';
import {
  duePartition,
  feedPartition,
  shardOf,
  sortKey,
  tagPartition,
  trashPartition,
  unreadyPartition,
  userPartition,
  userTagPartition,
} from './listing-keys.ts';

export type Item = Record<string, AttributeValue>;

/** Attributes that are null in a record are left out of its item: they would only cost. */
const NULLABLE = [
  ...(['filename', 'title', 'description', 'rejection_reason', 'deleted_at'] as const),
  ...(['width', 'height', 'checksum_sha256', 'upload', 'placeholder', 'presets', 'exif'] as const),
] as const;

/** The item of the table `images`: the whole record, its object also as an `s3://` URL. */
export function itemFromRecord(
  { object_key, background_revision, accepted_at, former_versions, ...record }: ImageRecord,
  bucket: string,
): Item {
  const background = background_revision === 0 ? {} : { background_revision };
  const accepted = accepted_at === record.upload_time ? {} : { accepted_at };
  const former = former_versions.length === 0 ? {} : { former_versions };
  return toItem({
    ...record,
    ...background,
    ...accepted,
    ...former,
    s3_key: object_key,
    s3_url: `s3://${bucket}/${object_key}`,
  });
}

export function recordFromItem(item: Item): ImageRecord {
  const { s3_key, s3_url: _url, ...record } = unmarshall(item);
  const accepted_at = record['accepted_at'] ?? record['upload_time'];
  return { ...nulls(NULLABLE), ...LEFT_OUT, ...(record as ImageRecord), accepted_at, object_key: s3_key };
}

/** What is left out of items of images that it does not concern yet. */
const LEFT_OUT = { background_revision: 0, former_versions: [] };

/** A row of the table `listings`, with the keys that it is found by. */
export interface ListingRow {
  readonly pk: string;
  readonly sk: string;
  readonly item: Item;
}

/**
 * The rows by which listings find an image: one for its user, one for each tag. One that is not ready, or in
 * the trash, has a row for its user alone, apart from those, and one by when it becomes due.
 */
export function rowsOf(record: ImageRecord, shards: number): ListingRow[] {
  const { object_key, ...summary } = summaryOf(record);
  const usual = imageObjectKey(record.user_id, record.image_id, record.version);
  const content = object_key === usual ? summary : { ...summary, s3_key: object_key };
  const shard = shardOf(record.image_id, shards);
  const sk = sortKey(record);
  const row = (pk: string, gpk: string | null): ListingRow => ({
    pk,
    sk,
    item: toItem({ ...content, pk, sk, gpk }),
  });
  if (record.deleted_at !== null) {
    const due = dueRow('purge', record.deleted_at, record, shard);
    return [row(trashPartition(record.user_id), null), due];
  }
  if (record.status !== 'ready') {
    const { upload } = record;
    const due = upload ? [dueRow('expire-upload', upload.expires_at, record, shard)] : [];
    return [row(unreadyPartition(record.user_id), null), ...due];
  }
  return [
    row(userPartition(record.user_id), feedPartition(shard)),
    ...record.tags.map((tag) => row(userTagPartition(record.user_id, tag), tagPartition(tag, shard))),
  ];
}

function dueRow(kind: DueKind, time: string, { image_id }: ImageRecord, shard: number): ListingRow {
  const key = { pk: duePartition(kind, shard), sk: sortKey({ upload_time: time, image_id }) };
  return { ...key, item: toItem({ ...key, image_id }) };
}

export function summaryFromRow(item: Item): ImageSummary {
  const {
    pk: _pk,
    sk: _sk,
    gpk: _gpk,
    s3_key,
    ...summary
  } = unmarshall(item) as ImageSummary & {
    pk: string;
    sk: string;
    gpk: string;
    s3_key?: string;
  };
  const object_key = s3_key ?? imageObjectKey(summary.user_id, summary.image_id, summary.version);
  const {
    description: _description,
    checksum_sha256: _checksum,
    upload: _upload,
    exif: _exif,
    ...absent
  } = nulls(NULLABLE);
  return { ...absent, ...summary, object_key };
}

function toItem(content: Record<string, unknown>): Item {
  const present = Object.entries(content).filter(([, value]) => value !== null);
  return marshall(Object.fromEntries(present));
}

function nulls<Name extends string>(names: readonly Name[]): Record<Name, null> {
  return Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>;
}
