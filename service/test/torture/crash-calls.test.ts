import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomNumbers } from '../process/random-numbers.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { countSwept, expectDeletedToStayAway, expectKept } from './support/crash-checks.ts';
import { Ledger, Tally } from './support/crash-ledger.ts';
import { ACTS, type Act, Load } from './support/crash-load.ts';
import { type Call, countCalls, needsStrace, ONE_FILE_THREAD, spread, watchCalls } from './support/strace.ts';
import { report, SEED, TORTURE, tries } from './support/torture.ts';

const ENV = { KEEP_VERSIONS: '100', ...ONE_FILE_THREAD };

/** Of one call that an act makes many times, so many are the last of a server. */
const MOST_OF_A_CALL = tries({ short: 1, long: 12 });
const TRIED: readonly Act[] = TORTURE ? ACTS : ['upload', 'replace'];
const TRIED_CALLS: readonly Call[] = TORTURE
  ? ['openat', 'write', 'writev', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'link', 'unlink', 'mkdir']
  : ['openat', 'pwrite64', 'fdatasync'];

test('a server that is killed at a system call of its own keeps what it has acknowledged, and nothing half', {
  timeout: TORTURE ? 3_600_000 : 150_000,
}, async (context) => {
  needsStrace(context);
  const dataDir = join(await temporaryFolder(), 'data');
  const [ledger, tally, random] = [new Ledger(), new Tally(), randomNumbers(SEED)];
  const start = () => startServerProcess({ dataDir, env: ENV });
  const clientOf = (server: ServerProcess) => new Load({ server, ledger, tally, random, clients: 0 });
  let server = await start();
  for (let images = 0; images < 8; images++) await clientOf(server).perform('upload');
  const figures = { calls: 0, kills: 0, answered_before: 0 };
  const by_call: Record<string, number> = {};
  for (const act of TRIED) {
    const watched = await watchCalls(server.pid);
    await clientOf(server).perform(act);
    const counts = countCalls(await watched.end());
    for (const call of TRIED_CALLS) {
      for (const when of spread(counts.get(call) ?? 0, MOST_OF_A_CALL)) {
        while (ledger.present.size < 5) await clientOf(server).perform('upload');
        const killer = await watchCalls(server.pid, `${call}:signal=SIGKILL:when=${when}`);
        figures.calls++;
        const acknowledged = await clientOf(server)
          .perform(act)
          .catch((error: unknown) => mustBeCutOff(error));
        // Where it came through, what follows it in the background meets the call, or nothing does.
        if (acknowledged !== undefined) figures.answered_before++;
        await server.kill();
        await killer.end();
        figures.kills++;
        by_call[call] = (by_call[call] ?? 0) + 1;
        server = await start();
        countSwept({ server, tally });
        await expectKept({ server, ledger, tally }, () => true);
      }
    }
  }
  await expectDeletedToStayAway({ server, ledger, tally });
  report('crash-calls', {
    ...figures,
    by_call,
    acknowledged_and_lost: 0,
    uploads_without_an_answer: tally.lostUploads,
    changes_without_an_answer: tally.lostChanges,
    deletions_without_an_answer: tally.lostDeletions,
    announced_uploads_cut_off: tally.announced,
    put_right_at_starts: tally.swept,
    arrivals_left_to_the_sweep: tally.strayUploads.size,
  });
  expect(figures.kills).toBeGreaterThan(2);
  expect(figures.answered_before).toBeLessThan(figures.kills);
});

/** `fetch` fails with a TypeError where the connection ends; anything else is an answer that should not be. */
function mustBeCutOff(error: unknown): undefined {
  if (!(error instanceof TypeError)) throw error;
}
