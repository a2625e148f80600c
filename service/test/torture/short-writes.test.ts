import { describe, expect, test } from 'vitest';
import { ACTS, type Act } from './support/crash-load.ts';
import { FailingActs } from './support/failing-acts.ts';
import { KilledActs } from './support/killed-acts.ts';
import { type Counted, type Fate, type ShortWrites, shortWrites } from './support/short-writes.ts';
import { ONE_FILE_THREAD, spread } from './support/strace.ts';
import { report, TORTURE, tries } from './support/torture.ts';

const TRIED: readonly Act[] = TORTURE ? ACTS : ['upload', 'replace'];

/** Of an act's writes, so many are cut short, one at a time. */
const MOST_OF_AN_ACT = tries({ short: 2, long: 25 });

/** The number of a write that nobody gets to: they are only counted. */
const NEVER = 2 ** 31 - 1;

const optionsOf = ({ env, folder }: ShortWrites) => ({
  dataDir: folder,
  env: { KEEP_VERSIONS: '100', ...ONE_FILE_THREAD, ...env },
});

/** How many writes an act makes, to its own file, to those of the database, and for what follows in the background. */
async function countWrites(writes: ShortWrites, act: () => Promise<void>): Promise<number> {
  writes.begin('goes on', NEVER);
  await act();
  return writes.end().seen;
}

/** Of all that is done while writes are cut short. */
class Cut {
  readonly #writes: ShortWrites;
  readonly figures = { cut_short: 0, of_records: 0, failed_after_it: 0 };

  constructor(writes: ShortWrites) {
    this.#writes = writes;
  }

  async begin(fate: Fate, when?: number): Promise<{ end(): Counted }> {
    this.#writes.begin(fate, when);
    return { end: () => this.end() };
  }

  end(): Counted {
    const counted = this.#writes.end();
    this.figures.cut_short += counted.cut;
    this.figures.of_records += counted.cut_of_records;
    this.figures.failed_after_it += counted.failed;
    return counted;
  }
}

describe('writes of which the disk takes only the first half', {
  timeout: TORTURE ? 3_600_000 : 150_000,
}, () => {
  test('are gone on with: every change is done, whole, while each write is cut short, and a stop too', async (context) => {
    const writes = await shortWrites(context);
    const [acts, cut] = [await FailingActs.start(optionsOf(writes)), new Cut(writes)];
    for (const act of ACTS) {
      for (let times = tries({ short: 1, long: 40 }); times > 0; times--) {
        const { cut_of_records } = await acts.attempt(act, () => cut.begin('goes on'));
        expect(cut_of_records).toBeGreaterThan(0);
      }
    }
    await cut.begin('goes on');
    const figures = await acts.end();
    cut.end();
    report('short-writes', { ...figures, ...cut.figures });
    expect(figures.refused).toBe(0);
    expect(cut.figures.cut_short).toBeGreaterThan(cut.figures.of_records);
  });

  test('and then fails for the same file: what was asked for is refused or done, and nothing is lost', async (context) => {
    const writes = await shortWrites(context);
    const [acts, cut] = [await FailingActs.start(optionsOf(writes)), new Cut(writes)];
    for (const act of TRIED) {
      const counted = await countWrites(writes, () => acts.perform(act));
      for (const fate of ['EIO', 'ENOSPC'] satisfies Fate[]) {
        for (const when of spread(counted, MOST_OF_AN_ACT)) {
          await acts.attempt(act, () => cut.begin(fate, when));
        }
      }
    }
    const figures = await acts.end();
    report('short-writes-failing', { ...figures, ...cut.figures });
    expect(figures.refused).toBeGreaterThan(0);
    expectBothKinds(cut);
    expect(cut.figures.failed_after_it).toBeGreaterThan(0);
  });

  test('and then loses the process: the half of a commit counts for nothing, and all before it is kept', async (context) => {
    const writes = await shortWrites(context);
    const [acts, cut] = [await KilledActs.start(optionsOf(writes)), new Cut(writes)];
    for (const act of TRIED) {
      const counted = await countWrites(writes, () => acts.perform(act));
      for (const when of spread(counted, MOST_OF_AN_ACT)) {
        await acts.attempt(act, () => cut.begin('killed', when));
      }
    }
    report('short-writes-killed', { ...(await acts.end()), ...cut.figures });
    expectBothKinds(cut);
  });
});

/** Writes of images were cut short, and such of commits. */
function expectBothKinds({ figures: { cut_short, of_records } }: Cut): void {
  expect(of_records).toBeGreaterThan(0);
  expect(cut_short).toBeGreaterThan(of_records);
}
