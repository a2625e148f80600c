import { isDeepStrictEqual } from 'node:util';
import { isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { copyObject } from './copy-object.ts';
import { eachOf } from './each-of.ts';
import { type Tally, tallyOf } from './tally.ts';

/** Where images come from: nothing in it is changed, and it may be served meanwhile. */
export interface MigrationSource {
  readonly index: Pick<ImageIndex, 'get'>;
  readonly walk: ImageWalk;
  readonly objects: Pick<ObjectStore, 'open' | 'list'>;
}

export interface MigrationTarget {
  readonly index: Pick<ImageIndex, 'get' | 'insert' | 'replace' | 'remove'>;
  readonly walk: ImageWalk;
  readonly objects: Pick<ObjectStore, 'open' | 'list' | 'begin' | 'delete'>;
}

export interface MigrationOptions {
  /** Removes at the target what the source does not have. */
  readonly deleteGone: boolean;
  /** How many images are copied at a time. */
  readonly atOnce: number;
}

/** How far a migration has come. */
export interface MigrationProgress {
  readonly phase: 'copying' | 'looking for deletions' | 'comparing';
  /** Images dealt with in this phase. */
  readonly done: number;
  /** About how many there are to deal with. */
  readonly expected: number;
  readonly copied: number;
  readonly copiedBytes: number;
}

/** What could not be carried over as it should be, for people. */
export interface MigrationProblem {
  readonly image_id: string;
  readonly message: string;
}

export interface MigrationReport {
  progress(progress: MigrationProgress): void;
  problem(problem: MigrationProblem): void;
}

export interface MigrationSummary {
  /** Images whose record or bytes were written at the target. */
  readonly copied: number;
  readonly copiedBytes: number;
  readonly alreadyThere: number;
  /** Images at the target only, that were removed or left there. */
  readonly deleted: number;
  readonly onlyAtTarget: number;
  readonly problems: number;
  readonly source: Tally;
  readonly target: Tally;
  /** Both sides hold the same numbers and nothing was left undone. */
  readonly complete: boolean;
}

/**
 * Copies all images with their records as they are. What is already there is found by comparing, so that
 * a run that was cut off, or that follows changes of the source, only does what is left: bytes are copied
 * once (their SHA-256 checked on the way), records that differ are written anew, and with `deleteGone`
 * images that the source no longer has are removed. Bytes go first, as in an upload. A failure of either
 * store ends the run; an image that cannot be carried over is a problem of its own.
 */
export async function migrateImages(
  source: MigrationSource,
  target: MigrationTarget,
  options: MigrationOptions,
  report: MigrationReport,
): Promise<MigrationSummary> {
  const counts = { copied: 0, copiedBytes: 0, alreadyThere: 0, deleted: 0, onlyAtTarget: 0, problems: 0 };
  const problem = (image_id: string, message: string) => {
    counts.problems++;
    report.problem({ image_id, message });
  };
  const counting = (phase: MigrationProgress['phase'], expected: number) => {
    let done = 0;
    const { progress } = report;
    return () => progress({ phase, done: ++done, expected, ...pick(counts) });
  };

  const copiedOne = counting('copying', await source.walk.estimate());
  let met = 0;
  await eachOf(source.walk.walk(), options.atOnce, async (record) => {
    met++;
    const outcome = await carryOver(source, target, record);
    if (outcome.kind === 'problem') problem(record.image_id, outcome.message);
    if (outcome.kind === 'there') counts.alreadyThere++;
    if (outcome.kind === 'copied') {
      counts.copied++;
      counts.copiedBytes += outcome.bytes;
    }
    copiedOne();
  });

  const lookedAtOne = counting('looking for deletions', await target.walk.estimate());
  await eachOf(target.walk.walk(), options.atOnce, async (record) => {
    if (!(await source.index.get(record.image_id))) {
      if (!options.deleteGone) counts.onlyAtTarget++;
      else if (met === 0) throw new OperatorError(EMPTY_SOURCE);
      else if (await removeFrom(target, record)) counts.deleted++;
      else problem(record.image_id, 'has changed at the target while it was to be removed there');
    }
    lookedAtOne();
  });

  const comparedOne = counting('comparing', counts.copied + counts.alreadyThere);
  const before = await tallyOf(source, comparedOne);
  const after = await tallyOf(target, () => {});
  const equal =
    before.images === after.images && before.objects === after.objects && before.bytes === after.bytes;
  const complete = equal && counts.problems === 0 && counts.onlyAtTarget === 0;
  return { ...counts, source: before, target: after, complete };
}

/** More likely a wrong folder than a wish. */
const EMPTY_SOURCE =
  'The source holds no images at all, and the target does: nothing was deleted. Look whether the source is the right one.';

type Outcome =
  /** `bytes` is 0 where only the record had to be written. */
  | { readonly kind: 'copied'; readonly bytes: number }
  | { readonly kind: 'there' }
  /** From the source, since it was met. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'problem'; readonly message: string };

/** An image that changes meanwhile is looked at again so often, then left to the next run. */
const TRIES = 3;

async function carryOver(
  source: MigrationSource,
  target: MigrationTarget,
  walked: ImageRecord,
): Promise<Outcome> {
  let record: ImageRecord | undefined = walked;
  for (let tries = 1; record && tries <= TRIES; tries++) {
    try {
      const outcome = await copyOnce(source, target, record);
      if (outcome.kind !== 'problem') return outcome;
      const current = await source.index.get(record.image_id);
      if (current && isDeepStrictEqual(current, record)) return outcome;
      record = current;
    } catch (error) {
      // Somebody else writes at the target too.
      if (!isDomainError(error, 'conflict') && !isDomainError(error, 'not_found')) throw error;
    }
  }
  if (!record) return { kind: 'gone' };
  return { kind: 'problem', message: 'changes all the time; run again' };
}

async function copyOnce(
  source: MigrationSource,
  target: MigrationTarget,
  record: ImageRecord,
): Promise<Outcome> {
  const there = await target.index.get(record.image_id);
  if (there && isNewer(there, record)) {
    return { kind: 'problem', message: 'is newer at the target than at the source; it was left as it is' };
  }
  const copy = await copyObject(source.objects, target.objects, record, there);
  if (copy.kind === 'damaged' || (copy.kind === 'missing' && mustHaveBytes(record))) {
    return { kind: 'problem', message: copy.message };
  }
  const written = await writeRecord(target, there, record);
  const bytes = copy.kind === 'copied' ? copy.bytes : 0;
  return written || copy.kind === 'copied' ? { kind: 'copied', bytes } : { kind: 'there' };
}

function mustHaveBytes({ status }: ImageRecord): boolean {
  return status === 'ready' || status === 'scanning';
}

/** True where somebody has changed the copy: a change of the source is never older than the copy. */
function isNewer(there: ImageRecord, record: ImageRecord): boolean {
  return (
    there.version > record.version || (there.version === record.version && there.revision > record.revision)
  );
}

/** @returns whether anything had to be written. */
async function writeRecord(
  { index, objects }: MigrationTarget,
  there: ImageRecord | undefined,
  record: ImageRecord,
): Promise<boolean> {
  if (!there) {
    await index.insert(record);
    return true;
  }
  if (isDeepStrictEqual(there, record)) return false;
  await index.replace(there, record);
  if (there.object_key !== record.object_key) await objects.delete(there.object_key);
  return true;
}

/** As in a deletion, bytes first. @returns false where the record has changed meanwhile. */
async function removeFrom({ index, objects }: MigrationTarget, record: ImageRecord): Promise<boolean> {
  await objects.delete(record.object_key);
  try {
    await index.remove(record);
    return true;
  } catch (error) {
    if (isDomainError(error, 'not_found')) return true;
    if (isDomainError(error, 'conflict')) return false;
    throw error;
  }
}

function pick({ copied, copiedBytes }: { copied: number; copiedBytes: number }) {
  return { copied, copiedBytes };
}
