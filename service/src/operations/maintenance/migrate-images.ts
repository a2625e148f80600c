import { OperatorError } from '../../domain/operator-error.ts';
import { carryOver, removeFrom } from './carry-over.ts';
import { eachOf } from './each-of.ts';
import type { MigrationSource, MigrationTarget } from './migration-sides.ts';
import { type Tally, tallyOf } from './tally.ts';

export type { MigrationSource, MigrationTarget } from './migration-sides.ts';

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
  /** Images that were left, and versions or presets without bytes of images that were not. */
  readonly problems: number;
  readonly source: Tally;
  readonly target: Tally;
  /** Both sides hold the same numbers and nothing was left undone. */
  readonly complete: boolean;
}

/**
 * Copies all images with their records as they are, those in the trash too, with the bytes of all versions and
 * the presets; renditions on demand are made again when they are asked for. What is already there is found by
 * comparing, so that a run that was cut off, or that follows changes of the source, only does what is left:
 * bytes are copied once (their SHA-256 checked on the way), records that differ are written anew, and with
 * `deleteGone` images that the source no longer has are removed. Bytes go first, as in an upload. What is not
 * processed yet gets its job at the target. A failure of either store ends the run; an image that cannot be
 * carried over is a problem of its own.
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
    for (const message of outcome.problems) problem(record.image_id, message);
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

function pick({ copied, copiedBytes }: { copied: number; copiedBytes: number }) {
  return { copied, copiedBytes };
}
