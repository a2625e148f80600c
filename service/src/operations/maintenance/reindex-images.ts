import type { ImageRecord } from '../../domain/image.ts';
import type { ImageId } from '../../domain/image-id.ts';
import type { ImageRecords } from '../../ports/image-records.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { RebuiltSearch, RefusedEntry } from '../../ports/search-writer.ts';

/** What a search index is made anew from, and into. */
export interface ReindexedHome {
  readonly walk: ImageWalk;
  readonly records: ImageRecords;
  readonly search: RebuiltSearch;
}

export interface Reindexing {
  /** Whether there was no index before. */
  readonly made: boolean;
  readonly images: number;
  /** Of images that are not there any more: they are found no longer. */
  readonly strays: number;
  /** What the engine did not take. */
  readonly refused: number;
}

export interface ReindexReport {
  /** So many of about so many records have been written. */
  progress(done: number, expected: number): void;
  refused(entry: RefusedEntry): void;
}

const BATCH = 200;

/**
 * Has every image found as its record says, and nothing else. Searches and changes go on meanwhile: what is written
 * by others at the same time is newer, and stays.
 */
export async function reindexImages(
  { walk, records, search }: ReindexedHome,
  report: ReindexReport,
): Promise<Reindexing> {
  const made = await search.prepare();
  const expected = await walk.estimate();
  let [images, strays, refused] = [0, 0, 0];
  const write = async (entries: Parameters<RebuiltSearch['write']>[0]) => {
    const left = await search.write(entries);
    for (const entry of left) report.refused(entry);
    refused += left.length;
    return entries.length - left.length;
  };
  const writeRecords = async (batch: readonly ImageRecord[]) => {
    images += await write(batch.map((record) => ({ image_id: record.image_id, record })));
    report.progress(images, Math.max(expected, images));
  };
  let batch: ImageRecord[] = [];
  for await (const record of walk.walk()) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    await writeRecords(batch);
    batch = [];
  }
  if (batch.length > 0) await writeRecords(batch);
  for await (const ids of search.walk()) {
    const gone = await withoutRecord(records, ids);
    if (gone.length > 0) strays += await write(gone.map((image_id) => ({ image_id, record: undefined })));
  }
  return { made, images, strays, refused };
}

async function withoutRecord(records: ImageRecords, ids: readonly ImageId[]): Promise<readonly ImageId[]> {
  const there = new Set((await records.getRecords(ids)).map(({ image_id }) => image_id));
  return ids.filter((id) => !there.has(id));
}
