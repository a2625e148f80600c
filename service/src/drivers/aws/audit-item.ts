import type { AuditEvent, AuditOutcome, AuditPosition } from '../../domain/audit-event.ts';
import { encodeKeyPart } from '../../domain/object-key.ts';
import type { Item } from './image-item.ts';
import { shardOf } from './listing-keys.ts';

/**
 * The items of the table `audit`: partitions by whose images events are about, sort keys `at#event_id`. What the
 * keys say stands nowhere else, so that an item stays below 1 KB, which is one write unit, whatever is in it.
 */

const USER_PREFIX = 'USER#';

/** User-made parts are percent-encoded, so that `#` parts nothing but what we part. */
export const auditPartition = (userId: string) => `${USER_PREFIX}${encodeKeyPart(userId)}`;

/** Of events that are about nobody's images. They are read by way of the index over all users alone. */
const nobodysPartition = (shard: number) => `NOBODY#${shard}`;

/** Partitions of the index over all users, one for each shard. */
export const everyonesPartition = (shard: number) => `ALL#${shard}`;

export const auditSortKey = ({ at, event_id }: AuditPosition) => `${at}#${event_id}`;

/** What stands in an item beside its keys; what is null in none of it. */
const NAMES = ['actor', 'action', 'image_id', 'outcome', 'request_id', 'address'] as const;

const DAY_S = 86_400;

/** @param days how long it is kept: DynamoDB removes it some time after. */
export function itemFromEvent(event: AuditEvent, shards: number, days: number): Item {
  const shard = shardOf(event.event_id, shards);
  const content = NAMES.flatMap((name) => {
    const value = event[name];
    return value === null ? [] : [[name, { S: value }] as const];
  });
  return {
    pk: { S: event.user_id === null ? nobodysPartition(shard) : auditPartition(event.user_id) },
    sk: { S: auditSortKey(event) },
    gpk: { S: everyonesPartition(shard) },
    ...Object.fromEntries(content),
    expires_at: { N: String(Math.ceil(Date.parse(event.at) / 1000) + days * DAY_S) },
  };
}

export function eventFromItem(item: Item): AuditEvent {
  const text = (name: string) => item[name]?.S ?? null;
  const [at = '', event_id = ''] = (text('sk') ?? '').split('#');
  const partition = text('pk') ?? '';
  return {
    event_id,
    at,
    actor: text('actor'),
    action: text('action') ?? '',
    image_id: text('image_id'),
    user_id: partition.startsWith(USER_PREFIX)
      ? decodeURIComponent(partition.slice(USER_PREFIX.length))
      : null,
    outcome: text('outcome') as AuditOutcome,
    request_id: text('request_id') ?? '',
    address: text('address'),
  };
}
