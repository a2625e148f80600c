import { type ImageRecord, objectKeysOf } from '../../../domain/image.ts';
import { imageIdOfKey, imageIdOfRendition, versionRenditionsPrefix } from '../../../domain/object-key.ts';
import type { ListedObject } from '../../../ports/object-store.ts';
import type { Examining, Finding } from './finding.ts';
import { lookedAt, secondLook } from './second-look.ts';

/** Objects of one image that a listing gave one after another. */
interface ObjectsOfImage {
  readonly image_id: string;
  readonly objects: readonly ListedObject[];
}

/** So many objects of an image are looked at together. */
const MOST_TOGETHER = 200;

/**
 * Finds objects that no record refers to: bytes that an upload or a deletion has left, and renditions of
 * versions that are gone. Only keys that are exactly of an image are looked at. An image is looked up once for
 * those of its objects that a listing gives one after another.
 */
export async function* examineObjects(examining: Examining): AsyncGenerator<Finding> {
  const { home, settle, before } = examining;
  const suspects = lookedAt(objectsByImage(examining), async ({ image_id, objects }) => {
    const record = await home.index.get(image_id);
    const orphans = objects.filter(({ key }) => isOrphan(record, key, before));
    return orphans.length > 0 ? { image_id, objects: orphans } : undefined;
  });
  yield* secondLook(suspects, settle, async function* ({ image_id, objects }) {
    const jobs = (await home.knownJobs?.jobsOf(image_id)) ?? [];
    // They are about to be removed.
    const removing = ['withdraw-image', 'clean-up-object'];
    if (jobs.some(({ kind, is_dead }) => removing.includes(kind) && !is_dead)) return;
    const record = await home.index.get(image_id);
    for (const object of objects) {
      if (!isOrphan(record, object.key, before)) continue;
      const finding = await removeOrphan(examining, record, image_id, object);
      if (finding) yield finding;
    }
  });
}

/** The objects of images that are old enough, grouped as they come. */
async function* objectsByImage({ home, before, seen }: Examining): AsyncGenerator<ObjectsOfImage> {
  let group: { image_id: string; objects: ListedObject[] } | undefined;
  for await (const object of home.objects.list('')) {
    const image_id = imageIdOfObject(object.key);
    if (image_id === undefined) continue;
    seen.objects++;
    if (object.last_modified.getTime() >= before) continue;
    if (group && (group.image_id !== image_id || group.objects.length === MOST_TOGETHER)) {
      yield group;
      group = undefined;
    }
    group ??= { image_id, objects: [] };
    group.objects.push(object);
  }
  if (group) yield group;
}

/** The bytes of a version, by whichever attempt (domain/object-key.ts). */
const BYTES = /^[^/]+\/[^/.]+(?:\.v[1-9]\d*)?(?:\.t[1-9]\d*)?(?:\.s[0-9a-f]{32})?$/;

/** The image that an object is of; undefined for what is none of ours, or not of an image. */
function imageIdOfObject(key: string): string | undefined {
  if (key.startsWith('.')) return imageIdOfRendition(key)?.image_id;
  return BYTES.test(key) ? imageIdOfKey(key) : undefined;
}

/**
 * Whether nothing refers to an object that is old itself. What an image had until a replacement not long ago is
 * about to go by a job.
 */
function isOrphan(record: ImageRecord | undefined, key: string, before: number): boolean {
  if (!record) return true;
  // There are file systems that do not tell `A` from `a`: what differs by that alone is never removed.
  const name = key.toLowerCase();
  const renditions = versionRenditionsPrefix(record.user_id, record.image_id, record.version);
  if (name.startsWith(renditions.toLowerCase())) return false;
  for (const own of objectKeysOf(record)) if (own.toLowerCase() === name) return false;
  return Date.parse(record.accepted_at) < before;
}

async function removeOrphan(
  examining: Examining,
  record: ImageRecord | undefined,
  image_id: string,
  { key, size_bytes, last_modified }: ListedObject,
): Promise<Finding | undefined> {
  const { home, mender, before } = examining;
  const there = await home.objects.open(key);
  await there?.close();
  if (!there || there.last_modified.getTime() >= before) return undefined;
  const of = record ? 'that its record does not refer to' : 'of an image that there is not';
  const what = `${size_bytes} bytes of ${last_modified.toISOString()} ${of}`;
  const found = { kind: 'orphan-object', image_id, key } as const;
  if (!mender) return { ...found, what, mended: false };
  const reason = await whyItStays(examining, record);
  if (reason !== undefined) return { ...found, what: `${what}; left, since ${reason}`, mended: false };
  await mender.objects.delete(key);
  return { ...found, what, mended: true };
}

async function whyItStays(
  { home, mayRemove, seen }: Examining,
  record: ImageRecord | undefined,
): Promise<string | undefined> {
  if (seen.images === 0) return 'there are no records at all: they may be those of another home';
  if (!mayRemove) return 'records and objects do not seem to be of one home';
  if (!record || record.status === 'pending') return undefined;
  const own = await home.objects.open(record.object_key);
  await own?.close();
  return own ? undefined : "the image's own bytes are gone, and these may be of use";
}
