import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type ImageRecord, type ImageSummary, summaryOf } from '../../domain/image.ts';
import { imageObjectKey } from '../../domain/object-key.ts';
import {
  duePartition,
  feedPartition,
  shardOf,
  sortKey,
  tagPartition,
  unreadyPartition,
  userPartition,
  userTagPartition,
} from './listing-keys.ts';

export type Item = Record<string, AttributeValue>;

/** Attributes that are null in a record are left out of its item: they would only cost. */
const NULLABLE = [
  ...(['filename', 'title', 'description', 'rejection_reason', 'deleted_at'] as const),
  ...(['width', 'height', 'checksum_sha256', 'upload'] as const),
] as const;

/** The item of the table `images`: the whole record, its object also as an `s3://` URL. */
export function itemFromRecord({ object_key, ...record }: ImageRecord, bucket: string): Item {
  return toItem({ ...record, s3_key: object_key, s3_url: `s3://${bucket}/${object_key}` });
}

export function recordFromItem(item: Item): ImageRecord {
  const { s3_key, s3_url: _url, ...record } = unmarshall(item);
  return { ...nulls(NULLABLE), ...record, object_key: s3_key } as ImageRecord;
}

/** A row of the table `listings`, with the keys that it is found by. */
export interface ListingRow {
  readonly pk: string;
  readonly sk: string;
  readonly item: Item;
}

/**
 * The rows by which listings find an image: one for its user, one for each tag. One that is not ready has a
 * row for its user alone, apart from those, and one by when its upload ends.
 */
export function rowsOf(record: ImageRecord, shards: number): ListingRow[] {
  if (record.deleted_at !== null) return [];
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
  if (record.status !== 'ready')
    return [row(unreadyPartition(record.user_id), null), ...dueRows(record, shard)];
  return [
    row(userPartition(record.user_id), feedPartition(shard)),
    ...record.tags.map((tag) => row(userTagPartition(record.user_id, tag), tagPartition(tag, shard))),
  ];
}

function dueRows({ image_id, upload }: ImageRecord, shard: number): ListingRow[] {
  if (!upload) return [];
  const key = { pk: duePartition(shard), sk: sortKey({ upload_time: upload.expires_at, image_id }) };
  return [{ ...key, item: toItem({ ...key, image_id }) }];
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
