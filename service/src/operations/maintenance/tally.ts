import { objectKeysOf } from '../../domain/image.ts';
import { RENDITIONS_PREFIX } from '../../domain/object-key.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** What one side holds. */
export interface Tally {
  /** Records. */
  readonly images: number;
  /** Objects of all versions that a record refers to, and their bytes as the store has them; no renditions. */
  readonly objects: number;
  readonly bytes: number;
  /** Objects of no record: an upload under way, or what a crash has left. */
  readonly strays: number;
}

/** Counts records and objects, from the stores themselves. It holds the key of every object in memory. */
export async function tallyOf(
  side: { readonly walk: ImageWalk; readonly objects: Pick<ObjectStore, 'list'> },
  countedOne: () => void,
): Promise<Tally> {
  const keys = new Set<string>();
  let images = 0;
  for await (const record of side.walk.walk()) {
    for (const key of objectKeysOf(record)) keys.add(key);
    images++;
    countedOne();
  }
  let objects = 0;
  let bytes = 0;
  let strays = 0;
  for await (const { key, size_bytes } of side.objects.list('')) {
    if (keys.has(key)) {
      objects++;
      bytes += size_bytes;
    } else if (!key.startsWith(RENDITIONS_PREFIX)) strays++;
  }
  return { images, objects, bytes, strays };
}
