import { isDeepStrictEqual } from 'node:util';
import { isDomainError } from '../../domain/errors.ts';
import { type ImageRecord, isOrWasUnder, objectKeysOf } from '../../domain/image.ts';
import { renditionsPrefix } from '../../domain/object-key.ts';
import { jobsOnArrival } from '../steps/jobs-on-arrival.ts';
import { copyObject, copyRendition, type ObjectCopy } from './copy-object.ts';
import { presetFilesOf, versionsByObject, waitsForProcessing } from './image-objects.ts';
import type { MigrationSource, MigrationTarget } from './migration-sides.ts';

export interface CarryOver {
  /** `gone`: from the source, since it was met; `left`: the target has not got it as it is, and `problems` say why. */
  readonly kind: 'copied' | 'there' | 'gone' | 'left';
  /** 0 where only the record had to be written. */
  readonly bytes: number;
  /** For people, to follow the image's id; also of one that is carried over, but for something of it. */
  readonly problems: readonly string[];
}

/** An image that changes meanwhile is looked at again so often, then left to the next run. */
const TRIES = 3;

/** Copies an image as it is: all of its versions, its presets, and then the record that refers to them. */
export async function carryOver(
  source: MigrationSource,
  target: MigrationTarget,
  walked: ImageRecord,
): Promise<CarryOver> {
  let record: ImageRecord | undefined = walked;
  for (let tries = 1; record && tries <= TRIES; tries++) {
    try {
      const outcome = await copyOnce(source, target, record);
      if (outcome.problems.length === 0) return outcome;
      const current = await source.index.get(record.image_id);
      if (current && isDeepStrictEqual(current, record)) return outcome;
      record = current;
    } catch (error) {
      // Somebody else writes at the target too.
      if (!isDomainError(error, 'conflict') && !isDomainError(error, 'not_found')) throw error;
    }
  }
  if (!record) return { kind: 'gone', bytes: 0, problems: [] };
  return left('changes all the time; run again');
}

const left = (problem: string): CarryOver => ({ kind: 'left', bytes: 0, problems: [problem] });

async function copyOnce(
  source: MigrationSource,
  target: MigrationTarget,
  record: ImageRecord,
): Promise<CarryOver> {
  const there = await target.index.get(record.image_id);
  if (there && isNewer(there, record)) {
    return left('is newer at the target than at the source; it was left as it is');
  }
  const tally = { objects: 0, bytes: 0 };
  const add = (copy: ObjectCopy) => {
    if (copy.kind !== 'copied') return;
    tally.objects++;
    tally.bytes += copy.bytes;
  };
  const problems: string[] = [];
  const isAhead = there !== undefined && isAheadOf(there, record);
  const known = new Set((there ? versionsByObject(there) : []).map(nameOfBytes));
  const kept = there ? objectKeysOf(there) : new Set();
  for (const version of versionsByObject(record)) {
    // The target has rewritten them.
    if (isAhead && !kept.has(version.object_key)) continue;
    const copy = await copyObject(source.objects, target.objects, version, known.has(nameOfBytes(version)));
    add(copy);
    const isCurrent = version.object_key === record.object_key;
    const what = isCurrent ? 'bytes' : `bytes of its version ${version.version}`;
    const problem = problemOf(copy, what, mustHaveBytes(version));
    if (problem !== undefined && isCurrent) return left(problem);
    if (problem !== undefined) problems.push(problem);
  }
  if (!isAhead) {
    if (there && isOfOtherBytes(there, record)) await dropRenditions(target, there);
    for (const { preset, object_key, content_type } of presetFilesOf(record)) {
      const copy = await copyRendition(source.objects, target.objects, object_key, content_type);
      add(copy);
      const problem = problemOf(copy, `preset ${preset}`, true);
      if (problem !== undefined) problems.push(problem);
    }
  }
  const written = !isAhead && (await writeRecord(target, there, record));
  const kind = written || tally.objects > 0 ? 'copied' : 'there';
  return { kind, bytes: tally.bytes, problems };
}

const nameOfBytes = ({ object_key, checksum_sha256 }: Pick<ImageRecord, 'object_key' | 'checksum_sha256'>) =>
  `${object_key} ${checksum_sha256}`;

function problemOf(copy: ObjectCopy, what: string, mustBeThere: boolean): string | undefined {
  if (copy.kind === 'damaged') return `has ${what} at the source that are not those of its record's SHA-256`;
  if (copy.kind === 'missing' && mustBeThere) return `has a record at the source, but no ${what}`;
  return undefined;
}

function mustHaveBytes({ status }: Pick<ImageRecord, 'status'>): boolean {
  return status === 'ready' || status === 'scanning';
}

/** True where somebody has changed the copy: a change of the source is never older than the copy. */
function isNewer(there: ImageRecord, record: ImageRecord): boolean {
  return (
    there.version > record.version || (there.version === record.version && there.revision > record.revision)
  );
}

/** True where nothing is different but that the target has processed what the source has not: that would be undone. */
function isAheadOf(there: ImageRecord, record: ImageRecord): boolean {
  return (
    there.version === record.version &&
    there.revision === record.revision &&
    isOrWasUnder(there, record.object_key) &&
    (there.checksum_sha256 === record.checksum_sha256 || there.object_key !== record.object_key) &&
    waitsForProcessing(record) &&
    (there.placeholder !== null || there.status === 'rejected')
  );
}

function isOfOtherBytes(there: ImageRecord, record: ImageRecord): boolean {
  return there.version !== record.version || there.checksum_sha256 !== record.checksum_sha256;
}

/** @returns whether anything had to be written. */
async function writeRecord(
  { index, objects }: MigrationTarget,
  there: ImageRecord | undefined,
  record: ImageRecord,
): Promise<boolean> {
  // What waits at the source would wait at the target for ever; out of the trash it gets its job anew.
  const jobs = waitsForProcessing(record) && record.deleted_at === null ? jobsOnArrival(record) : [];
  if (!there) {
    await index.insert(record, jobs);
    return true;
  }
  if (isDeepStrictEqual(there, record)) return false;
  await index.replace(there, record, jobs);
  const kept = objectKeysOf(record);
  for (const key of objectKeysOf(there)) if (!kept.has(key)) await objects.delete(key);
  return true;
}

/**
 * Removes an image from the target as in a deletion, bytes first, and of those the current ones last.
 * @returns false where the record has changed meanwhile.
 */
export async function removeFrom(target: MigrationTarget, record: ImageRecord): Promise<boolean> {
  await dropRenditions(target, record);
  for (const key of [...objectKeysOf(record)].reverse()) await target.objects.delete(key);
  try {
    await target.index.remove(record);
    return true;
  } catch (error) {
    if (isDomainError(error, 'not_found')) return true;
    if (isDomainError(error, 'conflict')) return false;
    throw error;
  }
}

/** Presets and whatever else was made of an image, of whatever version. */
async function dropRenditions(
  { objects }: Pick<MigrationTarget, 'objects'>,
  { user_id, image_id }: ImageRecord,
): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of objects.list(renditionsPrefix(user_id, image_id))) keys.push(key);
  for (const key of keys) await objects.delete(key);
}
