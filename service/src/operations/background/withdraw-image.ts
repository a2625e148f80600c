import { type ImageRecord, objectKeysOf } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import {
  imageIdOfRendition,
  imageObjectKey,
  type ObjectKey,
  renditionsPrefix,
  versionRenditionsPrefix,
} from '../../domain/object-key.ts';
import type { EdgeCache } from '../../ports/edge-cache.ts';
import type { Deps } from '../deps.ts';

export type WithdrawDeps = Pick<Deps, 'index' | 'objects' | 'links'> & {
  /** Undefined where nothing caches objects. */
  readonly edge?: EdgeCache | undefined;
};

/**
 * Removes what is not to be seen any more, and has the caches forget an image that nobody may be served. Of an
 * image that is gone that is everything, its share links included; of one that has other bytes by now, the
 * renditions of the versions before, and those of the named objects that nothing refers to.
 */
export async function withdrawImage(
  { index, objects, links, edge }: WithdrawDeps,
  job: WithdrawImage,
): Promise<void> {
  const { image_id, user_id } = job;
  const record = await index.get(image_id);
  if (record) await removeOutdated({ objects }, job, record);
  else await removeAll({ objects }, job);
  if (!record) await links.removeOf(image_id);
  if (!edge || (record?.status === 'ready' && record.deleted_at === null)) return;
  const state = record && [record.version, record.revision, record.background_revision].join('.');
  const prefixes = [imageObjectKey(user_id, image_id, 1), renditionsPrefix(user_id, image_id)];
  await edge.forget(prefixes, `${image_id} ${state ?? 'gone'}`);
}

type Withdrawn = Pick<WithdrawImage, 'image_id' | 'user_id' | 'object_keys' | 'last_version'>;

/** Whatever there is of an image without a record. */
async function removeAll({ objects }: Pick<Deps, 'objects'>, job: Withdrawn): Promise<void> {
  const { image_id, user_id, last_version } = job;
  if (last_version !== undefined && (await removedByVersion({ objects }, job, last_version))) return;
  // The id is as long as every other, and followed by nothing or a dot: no other image's keys begin so.
  for (const prefix of [imageObjectKey(user_id, image_id, 1), renditionsPrefix(user_id, image_id)]) {
    for await (const { key } of objects.list(prefix)) await objects.delete(key);
  }
}

/** What is named and not referred to, and the renditions of the versions before. */
async function removeOutdated(
  { objects }: Pick<Deps, 'objects'>,
  job: Withdrawn,
  record: ImageRecord,
): Promise<void> {
  const kept = objectKeysOf(record);
  const dropped = job.object_keys.filter((key) => !kept.has(key));
  for (const key of dropped) await objects.delete(key);
  if (await removedByVersion({ objects }, job, record.version - 1)) return;
  const outdated: ObjectKey[] = [];
  for await (const { key } of objects.list(renditionsPrefix(job.user_id, job.image_id))) {
    // Not just every other version: there may be one by now that is later than the record that was read.
    if ((imageIdOfRendition(key)?.version ?? 0) < record.version) outdated.push(key);
  }
  for (const key of outdated) await objects.delete(key);
}

/** Of so many versions the renditions are looked for one by one; of more, a list costs less. */
const MOST_VERSIONS = 50;

/**
 * Removes the renditions of all versions up to one, where the store can do that by version.
 * @returns whether it can.
 */
async function removedByVersion(
  { objects }: Pick<Deps, 'objects'>,
  { user_id, image_id }: Withdrawn,
  last: number,
): Promise<boolean> {
  if (!objects.deleteBelow || last > MOST_VERSIONS) return false;
  const versions = Array.from({ length: last }, (_unused, at) => at + 1);
  const prefixes = versions.map((version) => versionRenditionsPrefix(user_id, image_id, version));
  const outcomes = await Promise.allSettled(prefixes.map((prefix) => objects.deleteBelow?.(prefix)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return true;
}
