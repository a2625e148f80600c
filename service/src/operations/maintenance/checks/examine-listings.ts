import { timeOfImageId } from '../../../domain/image-id.ts';
import type { ListingDifferences } from '../../../ports/listing-check.ts';
import type { Examining, Finding } from './finding.ts';
import { unlessChanged } from './mend-record.ts';
import { batchesOf, secondLook } from './second-look.ts';

/** Records whose rows are looked up together. */
const TOGETHER = 100;

/** Finds rows of listings that are missing, or say something else than their record, and those of no image. */
export async function* examineListings(examining: Examining): AsyncGenerator<Finding> {
  const { home, settle, mender, before } = examining;
  yield* secondLook(suspectedImages(examining), settle, async function* (image_id) {
    const differences = await home.listings.differencesOf(image_id);
    if (differences) yield await writeAgain(examining, differences);
  });
  yield* secondLook(home.listings.strays(), settle, async function* (row) {
    if (!(await home.listings.isStray(row))) return;
    const isYoung = timeOfImageId(row.image_id) >= before;
    const mended = mender !== undefined && !isYoung && (await mender.listings.removeStray(row));
    const what = `a row of no image${mender && isYoung ? '; left, since it is young' : ''}`;
    yield { kind: 'stray-listing', image_id: row.image_id, name: row.place, what, mended };
  });
}

async function* suspectedImages({ home }: Examining): AsyncGenerator<string> {
  for await (const records of batchesOf(home.walk.walk(), TOGETHER)) {
    yield* await home.listings.suspectsAmong(records);
  }
}

/** A record that is written in place of itself gets all of its rows anew. */
async function writeAgain(
  { mender, before }: Examining,
  { record, missing, stale }: ListingDifferences,
): Promise<Finding> {
  const { image_id, user_id } = record;
  const parts = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(stale.length > 0 ? [`not as its record: ${stale.join(', ')}`] : []),
  ];
  const found = { kind: 'wrong-listing', image_id, user_id } as const;
  const what = `rows of listings, ${parts.join('; ')}`;
  if (!mender) return { ...found, what, mended: false };
  if (Date.parse(record.created_at) >= before) {
    return { ...found, what: `${what}; left, since it is young`, mended: false };
  }
  return { ...found, what, mended: await unlessChanged(() => mender.index.replace(record, record)) };
}
