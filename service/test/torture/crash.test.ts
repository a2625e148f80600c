import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomNumbers } from '../process/random-numbers.ts';
import { launchServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { runTintype } from '../support/tintype-command.ts';
import {
  countSwept,
  expectDeletedToStayAway,
  expectKept,
  expectListingsToAgree,
  expectSwept,
} from './support/crash-checks.ts';
import { Ledger, Tally } from './support/crash-ledger.ts';
import { Load } from './support/crash-load.ts';
import { type Figures, report, SEED, TORTURE, tries } from './support/torture.ts';

const ROUNDS = tries({ short: 10, long: 500 });
const FEWEST_ROUNDS = 5;
/** After this no round of the short form begins that need not: a slow machine makes fewer, never a long suite. */
const TIME_FOR_ROUNDS = TORTURE ? Number.POSITIVE_INFINITY : 8_000;

/** No version is dropped meanwhile: whatever is missing is missing because of a crash. */
const ENV = { KEEP_VERSIONS: '100' };

test('a server that is killed at any moment keeps what it has acknowledged, and nothing half', {
  timeout: TORTURE ? 3_600_000 : 150_000,
}, async () => {
  const random = randomNumbers(SEED);
  const dataDir = join(await temporaryFolder(), 'data');
  const [ledger, tally] = [new Ledger(), new Tally()];
  let server = await startServerProcess({ dataDir, env: ENV });
  const started = Date.now();
  while (tally.rounds < (Date.now() - started < TIME_FOR_ROUNDS ? ROUNDS : FEWEST_ROUNDS)) {
    tally.rounds++;
    const before = new Map(ledger.present);
    // From "nothing is answered yet" to "well under way", and then from at once to some milliseconds on.
    const load = new Load({ server, ledger, tally, random });
    await load.killAfter(Math.floor(random() * 24), random() * random() * 60);
    if (tally.rounds % 5 === 0) {
      await killDuringRestart(dataDir, 50 + random() * 400);
      tally.restartsKilled++;
    }
    server = await startServerProcess({ dataDir, env: ENV });
    countSwept({ server, tally });
    const checked = { server, ledger, tally };
    await expectKept(checked, (known) => before.get(known.image_id)?.sha256 !== known.sha256);
  }
  const checked = { server, ledger, tally };
  await expectKept(checked, () => true);
  await expectListingsToAgree(checked);
  await expectDeletedToStayAway(checked);
  report('crash', figuresOf(tally, ledger));
  expect(tally.rounds).toBeGreaterThanOrEqual(FEWEST_ROUNDS);
  expect(tally.readBack).toBeGreaterThan(tally.rounds);
  expect(ledger.deleted.size).toBeGreaterThan(0);
  expect(tally.lostUploads.absent + tally.lostUploads.whole).toBeGreaterThan(tally.rounds);
  if (TORTURE) await expectSwept(checked);
  const right = await runTintype(['doctor', '--scrub'], { DATA_DIR: dataDir });
  expect(right).toMatchObject({ code: 0, stderr: '' });

  expect(await server.stop()).toBe(0);
  const next = await startServerProcess({ dataDir, env: ENV });
  expect(next.logs().stdout).toHaveLength(1);
  await expectKept({ ...checked, server: next }, () => false);
});

/** What a crash left is put right by a start; that one may be cut off too. */
async function killDuringRestart(dataDir: string, milliseconds: number): Promise<void> {
  const launched = await launchServerProcess({ dataDir, env: ENV });
  await sleep(milliseconds);
  await launched.kill();
}

function figuresOf(tally: Tally, ledger: Ledger): Figures {
  return {
    kills_under_load: tally.rounds,
    kills_during_the_restart_after: tally.restartsKilled,
    acknowledged: tally.acknowledged,
    acknowledged_and_lost: 0,
    images_kept: ledger.present.size,
    times_read_back: tally.readBack,
    deletions_kept: ledger.deleted.size,
    uploads_without_an_answer: tally.lostUploads,
    changes_without_an_answer: tally.lostChanges,
    deletions_without_an_answer: tally.lostDeletions,
    announced_uploads_cut_off: tally.announced,
    put_right_at_starts: tally.swept,
    arrivals_left_to_the_sweep: tally.strayUploads.size,
    announced_and_ended_meanwhile: tally.endedUploads.size,
  };
}
