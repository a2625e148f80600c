import { isDomainError } from '../../../domain/errors.ts';
import { type FormerVersion, type ImageRecord, storedBytes } from '../../../domain/image.ts';
import { abandonUpload } from '../../steps/abandon-upload.ts';
import { giveBackRoom } from '../../steps/give-back.ts';
import { jobsOnArrival } from '../../steps/jobs-on-arrival.ts';
import type { Examining, Finding, Mender } from './finding.ts';
import { hasAnyBytes } from './image-bytes.ts';

type NamedVersion = Pick<FormerVersion, 'version' | 'object_key'>;

/** What can be wrong with a record and what it refers to. */
export type RecordProblem =
  | { readonly kind: 'stuck-upload' | 'stuck-image' | 'missing-bytes' }
  | { readonly kind: 'missing-version'; readonly version: NamedVersion }
  | { readonly kind: 'missing-rendition'; readonly names: readonly string[] }
  | { readonly kind: 'damaged-object'; readonly version: NamedVersion; readonly what: string };

/** Says what is wrong, having put it right where that is wanted and can be done without a guess. */
export async function mendRecord(
  examining: Examining,
  image_id: string,
  problem: RecordProblem,
): Promise<Finding | undefined> {
  const found = { kind: problem.kind, image_id } as const;
  // What has been mended of it a moment ago has changed it.
  const record = await examining.home.index.get(image_id);
  if (!record) return undefined;
  const { user_id } = record;
  if (problem.kind === 'stuck-upload') {
    return { ...found, user_id, ...(await endUpload(examining, record)) };
  }
  if (problem.kind === 'missing-bytes') {
    return { ...found, user_id, key: record.object_key, ...(await removeEmpty(examining, record)) };
  }
  if (problem.kind === 'missing-version') {
    const key = problem.version.object_key;
    return { ...found, user_id, key, ...(await dropVersion(examining, record, problem.version)) };
  }
  if (problem.kind === 'damaged-object') {
    const what = `version ${problem.version.version}: ${problem.what}`;
    return { ...found, user_id, key: problem.version.object_key, what, mended: false };
  }
  return { ...found, user_id, ...(await processAgain(examining, record, problem)) };
}

type Outcome = Pick<Finding, 'what' | 'mended' | 'removed_record'>;

async function endUpload({ mender }: Examining, record: ImageRecord): Promise<Outcome> {
  const what = `an upload that ended at ${record.upload?.expires_at} is still announced`;
  return {
    what,
    mended: mender !== undefined && (await abandonUpload(mender, record, undefined)),
  };
}

/**
 * A record of which no bytes are left, of whatever version, is removed; it is told with the finding. One of
 * which something is left stays as it is: what to make of that is for people to say.
 */
async function removeEmpty(examining: Examining, record: ImageRecord): Promise<Outcome> {
  const { home, mender, before, mayRemove } = examining;
  const isLeft = await hasAnyBytes(home.objects, record);
  const what = isLeft ? 'its bytes are gone, and some of another version are left' : 'its bytes are gone';
  if (!mender || isLeft) return { what, mended: false };
  if (!isOlder(record, before)) return { what: `${what}; left, since it is young`, mended: false };
  if (!mayRemove) return { what: `${what}; left, since no image that was looked at has any`, mended: false };
  if (!(await unlessChanged(() => mender.index.remove(record)))) return { what, mended: false };
  await giveBackRoom(mender, record);
  return { what, mended: true, removed_record: record };
}

async function dropVersion(
  { mender, before }: Examining,
  record: ImageRecord,
  { version, object_key }: NamedVersion,
): Promise<Outcome> {
  const what = `the bytes of its former version ${version} are gone`;
  if (!mender) return { what, mended: false };
  if (!isOlder(record, before)) return { what: `${what}; left, since the image is young`, mended: false };
  const former_versions = record.former_versions.filter((former) => former.object_key !== object_key);
  const next = rewritten(record, { former_versions });
  const mended = await unlessChanged(() => mender.index.replace(record, next));
  if (mended) await giveBackBytes(mender, record, storedBytes(record) - storedBytes(next));
  return { what, mended };
}

async function giveBackBytes({ quotas, log }: Mender, record: ImageRecord, bytes: number): Promise<void> {
  const { image_id, user_id } = record;
  await quotas.giveBack(user_id, { images: 0, bytes }).catch((cause: unknown) => {
    log.error({ err: cause, image_id, bytes }, 'the quota of a version could not be given back');
  });
}

/** Has an image scanned and decoded as if it had just come; presets that are there already stay. */
async function processAgain(
  { mender, before }: Examining,
  record: ImageRecord,
  problem: RecordProblem,
): Promise<Outcome> {
  const isRendition = problem.kind === 'missing-rendition';
  const what = isRendition
    ? `its presets ${problem.names.join(', ')} are gone`
    : `is ${record.status} since ${record.accepted_at}, has not been processed, and no job will`;
  if (!mender) return { what, mended: false };
  if (Date.parse(record.accepted_at) >= before) {
    return { what: `${what}; left, since it is young`, mended: false };
  }
  const next = rewritten(record, isRendition ? { placeholder: null, presets: null } : {});
  const mended = await unlessChanged(() => mender.index.replace(record, next, jobsOnArrival(next)));
  return { what, mended };
}

/** As background work writes: callers' revisions stay, and whoever has read the record before is refused. */
function rewritten(record: ImageRecord, changes: Partial<ImageRecord>): ImageRecord {
  return { ...record, ...changes, background_revision: record.background_revision + 1 };
}

/** Whether all times of a record lie before one. */
function isOlder({ created_at, accepted_at, updated_at }: ImageRecord, before: number): boolean {
  return [created_at, accepted_at, updated_at].every((time) => Date.parse(time) < before);
}

/** False where somebody else has changed it at the same time: then the next run looks at it. */
export async function unlessChanged(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isDomainError(error, 'conflict') || isDomainError(error, 'not_found')) return false;
    throw error;
  }
}
