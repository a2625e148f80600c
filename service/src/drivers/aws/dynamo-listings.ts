import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ImageSummary } from '../../domain/image.ts';
import type { ListFilter, ListPage, ListPosition } from '../../domain/listing.ts';
import { summaryFromRow } from './image-item.ts';
import {
  feedPartition,
  sortKeyRange,
  tagPartition,
  trashPartition,
  unreadyPartition,
  userPartition,
  userTagPartition,
} from './listing-keys.ts';
import { Lane, laneQuery, mergeLanes, type QueryBudget, type ReadLane } from './listing-lanes.ts';

/** Most queries of one request. */
const MOST_QUERIES = 10;

/** Of how many tags, at most, the sparsest is looked for. */
const PROBED_TAGS = 4;

/** Rows of a query where many of them will not pass. */
const FILTERED_BATCH = 200;

/** The partitions that together hold one tag's (or everybody's) rows for the filter's user. */
interface Source {
  readonly tag: string | undefined;
  readonly lanes: readonly Lane<ImageSummary>[];
}

export interface ListingsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/**
 * One page of a listing. One owner's: strongly consistent queries of a single partition. Over all users:
 * one query a shard, merged, of an index that follows within a moment. Of several tags the sparsest leads,
 * and its rows themselves say whether they have the others.
 */
export async function listPage(
  { client, table }: ListingsOptions,
  shards: number,
  filter: ListFilter,
  limit: number,
  after: ListPosition | null,
): Promise<ListPage> {
  const range = sortKeyRange(filter, after);
  if (!range) return { items: [], next: null };
  const budget: QueryBudget = { left: MOST_QUERIES };
  const { user_id, order } = filter;
  const reader =
    (partition: string): ReadLane<ImageSummary> =>
    async (last, rows) => {
      const rest = last ? sortKeyRange(filter, last) : range;
      if (!rest) return { rows: [], ended: true };
      const onIndex = user_id === undefined;
      const page = await client.send(
        new QueryCommand(laneQuery({ table, partition, onIndex, range: rest, order, rows })),
      );
      return { rows: (page.Items ?? []).map(summaryFromRow), ended: page.LastEvaluatedKey === undefined };
    };
  const source = (tag: string | undefined): Source => ({
    tag,
    lanes: partitionsOf(filter, tag, shards).map((partition) => new Lane(reader(partition), budget)),
  });
  // Each lane of the one that leads needs a query, or there would be no row to go on from.
  const probed = Math.min(PROBED_TAGS, MOST_QUERIES - partitionsOf(filter, undefined, shards).length + 1);
  const driving =
    filter.tags.length > 1
      ? await sparsest(filter.tags.slice(0, probed).map(source), limit)
      : source(filter.tags[0]);
  const others = filter.tags.filter((tag) => tag !== driving.tag);
  const batch =
    others.length > 0 || (filter.status !== undefined && filter.status !== 'deleted')
      ? FILTERED_BATCH
      : Math.ceil((limit + 1) / driving.lanes.length) + 1;
  const merged = await mergeLanes(
    driving.lanes,
    isBefore(order),
    (row) =>
      (filter.status === undefined || filter.status === 'deleted' || row.status === filter.status) &&
      others.every((tag) => row.tags.includes(tag)),
    limit + 1,
    batch,
  );
  const items = merged.items.slice(0, limit);
  const last = merged.items.length > limit ? items.at(-1) : merged.stoppedAt;
  return { items, next: last && !merged.ended ? positionOf(last) : null };
}

function partitionsOf({ user_id, status }: ListFilter, tag: string | undefined, shards: number): string[] {
  if (user_id !== undefined) {
    if (status === 'deleted') return [trashPartition(user_id)];
    if (status !== undefined) return [unreadyPartition(user_id)];
    return [tag === undefined ? userPartition(user_id) : userTagPartition(user_id, tag)];
  }
  return Array.from({ length: shards }, (_unused, shard) =>
    tag === undefined ? feedPartition(shard) : tagPartition(tag, shard),
  );
}

/**
 * Reads the first rows of one lane of each source and picks the one that promises the fewest rows: of
 * those that have ended the shortest, otherwise the one whose rows reach furthest.
 */
async function sparsest(sources: readonly Source[], limit: number): Promise<Source> {
  const probes = sources.flatMap((source) => source.lanes.slice(0, 1).map((lane) => ({ source, lane })));
  await Promise.all(probes.map(({ lane }) => lane.fill(limit)));
  const ended = probes.filter(({ lane }) => lane.known.ended);
  const [shortest] = ended.toSorted((a, b) => a.lane.known.rows - b.lane.known.rows);
  const [furthest] = probes.toSorted((a, b) => reachOf(b.lane) - reachOf(a.lane));
  const best = shortest ?? furthest;
  if (!best) throw new Error('There is no source to choose from.');
  return best.source;
}

/** The time that a lane's rows span, in milliseconds. */
function reachOf({ head, known }: Lane<ImageSummary>): number {
  if (!head || !known.last) return 0;
  return Math.abs(Date.parse(known.last.upload_time) - Date.parse(head.upload_time));
}

function isBefore(order: ListFilter['order']): (a: ImageSummary, b: ImageSummary) => boolean {
  const key = (row: ImageSummary) => `${row.upload_time}#${row.image_id}`;
  return order === 'oldest' ? (a, b) => key(a) < key(b) : (a, b) => key(a) > key(b);
}

function positionOf({ upload_time, image_id }: ImageSummary): ListPosition {
  return { upload_time, image_id };
}
