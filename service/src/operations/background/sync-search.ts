import { unavailable } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image-id.ts';
import type { SyncSearch } from '../../domain/job.ts';
import type { ImageRecords } from '../../ports/image-records.ts';
import type { RefusedEntry, SearchEntry, SearchWriter } from '../../ports/search-writer.ts';
import type { Deps } from '../deps.ts';

/** What a search index that is apart from the records is kept with. */
export interface SearchFeed {
  readonly records: ImageRecords;
  readonly writer: SearchWriter;
}

export interface SyncDeps {
  /** Undefined where images are found by what has their records, or not at all. */
  readonly searchFeed: SearchFeed | undefined;
}

/** Has one image found as its record says now. Where there is no index any more there is nothing to be done. */
export async function syncSearch({ searchFeed }: SyncDeps, { image_id }: SyncSearch): Promise<void> {
  if (!searchFeed) return;
  const [refused] = await writeAsTheyAre(searchFeed, [image_id]);
  if (refused) throw unavailable('The search index has not taken an image.', refused.cause);
}

/**
 * Has images found as their records say now, after something has changed of each. For those that the index does not
 * take a job is queued, which tries again, and lies aside in the end.
 * @returns those for which not even that could be done.
 */
export async function syncChangedImages(
  { searchFeed, jobs, log }: SyncDeps & Pick<Deps, 'jobs' | 'log'>,
  changed: readonly ImageId[],
): Promise<readonly ImageId[]> {
  if (!searchFeed) return [];
  const ids = [...new Set(changed)];
  const left: ImageId[] = [];
  for (const { image_id, cause } of await refusedOf(searchFeed, ids)) {
    log.warn({ err: cause, image_id }, 'the search index has not taken an image; a job will try again');
    try {
      await jobs.enqueue({ kind: 'sync-search', image_id });
    } catch (error) {
      log.error({ err: error, image_id }, 'nor could that job be queued');
      left.push(image_id);
    }
  }
  return left;
}

/** A failure is one of each. */
async function refusedOf(feed: SearchFeed, ids: readonly ImageId[]): Promise<readonly RefusedEntry[]> {
  try {
    return await writeAsTheyAre(feed, ids);
  } catch (cause) {
    return ids.map((image_id) => ({ image_id, cause }));
  }
}

/**
 * What was read may be older than what another has written meanwhile: the index then keeps that. A record that is
 * not there is gone for good: ids are never used again.
 */
export async function writeAsTheyAre(
  { records, writer }: SearchFeed,
  ids: readonly ImageId[],
): Promise<readonly RefusedEntry[]> {
  const there = new Map((await records.getRecords(ids)).map((record) => [record.image_id, record]));
  return writer.write(ids.map((image_id): SearchEntry => ({ image_id, record: there.get(image_id) })));
}
