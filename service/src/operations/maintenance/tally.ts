import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** What one side holds. */
export interface Tally {
  /** Records. */
  readonly images: number;
  /** Objects that belong to a record, and their bytes as the store has them. */
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
  for await (const { object_key } of side.walk.walk()) {
    keys.add(object_key);
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
    } else strays++;
  }
  return { images, objects, bytes, strays };
}
