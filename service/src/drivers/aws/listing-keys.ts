import type { DateRange } from '../../domain/date-range.ts';
import type { ListFilter, ListPosition } from '../../domain/listing.ts';
import { encodeKeyPart } from '../../domain/object-key.ts';
import type { DueKind } from '../../ports/image-index.ts';

/**
 * The keys of the table `listings` (docs: DESIGN of the AWS home). User-made parts are percent-encoded,
 * so that `#` parts nothing but what we part; sort keys are `upload_time#image_id`, all of one length.
 */

export const userPartition = (userId: string) => `USER#${encodeKeyPart(userId)}`;

export const userTagPartition = (userId: string, tag: string) =>
  `UTAG#${encodeKeyPart(userId)}#${encodeKeyPart(tag)}`;

/** One user's images that are in no other list: uploads that are announced, being scanned, or rejected. */
export const unreadyPartition = (userId: string) => `UNREADY#${encodeKeyPart(userId)}`;

/** One user's images that are in the trash, and in no other list. */
export const trashPartition = (userId: string) => `TRASH#${encodeKeyPart(userId)}`;

/** Images by when they become due, spread over shards. */
export const duePartition = (kind: DueKind, shard: number) => `DUE#${kind}#${shard}`;

/** Jobs that wait to be handed out by their queue, spread over shards. */
export const jobPartition = (shard: number) => `DUE#job#${shard}`;

/** Partitions of the index over all users, one for each shard. */
export const feedPartition = (shard: number) => `FEED#${shard}`;

export const tagPartition = (tag: string, shard: number) => `TAG#${encodeKeyPart(tag)}#${shard}`;

export const sortKey = ({ upload_time, image_id }: ListPosition) => `${upload_time}#${image_id}`;

/** In which shard an image or an event is listed: by the random end of its id, so that all are equally full. */
export function shardOf(id: string, shards: number): number {
  return Number.parseInt(id.slice(-8), 16) % shards;
}

/** Bounds of sort keys, both included, as `BETWEEN` takes them; undefined where nothing can lie between. */
export interface SortKeyRange {
  readonly low: string;
  readonly high: string;
}

const LOWEST = '0';
const HIGHEST = '~';

/** The sort keys that lie in the filter's span of time, and after `after` in its order. */
export function sortKeyRange(filter: ListFilter, after: ListPosition | null): SortKeyRange | undefined {
  return rangeWithin(filter.uploaded, filter.order, after && sortKey(after));
}

/** The sort keys, each `time#uuid`, that lie in a span of time, and after `after` in an order. */
export function rangeWithin(
  { from, before }: DateRange,
  order: ListFilter['order'],
  after: string | null,
): SortKeyRange | undefined {
  // A time without `#` sorts before every key of that time.
  let low = from === undefined ? LOWEST : isoTime(from);
  let high = before === undefined ? HIGHEST : isoTime(before);
  if (after !== null && order === 'oldest') low = maxOf(low, justAfter(after));
  if (after !== null && order === 'newest') high = minOf(high, justBefore(after));
  return low <= high ? { low, high } : undefined;
}

/** Above this key, below every other key that is above it. */
function justAfter(key: string): string {
  return `${key}${LOWEST}`;
}

/** Below this key, above every other key that is below it: the last hex digit one less, then anything. */
function justBefore(key: string): string {
  const last = String.fromCharCode(key.charCodeAt(key.length - 1) - 1);
  return key.slice(0, -1) + last + HIGHEST;
}

function isoTime(milliseconds: number): string {
  // Beyond these years ISO strings get a sign and no longer sort as text; no image is from there.
  const clamped = Math.min(Math.max(milliseconds, 0), Date.UTC(9999, 11, 31));
  return new Date(clamped).toISOString();
}

const maxOf = (a: string, b: string) => (a > b ? a : b);
const minOf = (a: string, b: string) => (a < b ? a : b);
