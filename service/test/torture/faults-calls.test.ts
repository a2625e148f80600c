import { expect, test } from 'vitest';
import { ACTS, type Act } from './support/crash-load.ts';
import { FailingActs } from './support/failing-acts.ts';
import { type Call, countCalls, needsStrace, ONE_FILE_THREAD, spread, watchCalls } from './support/strace.ts';
import { report, TORTURE, tries } from './support/torture.ts';

const MOST_OF_A_CALL = tries({ short: 1, long: 8 });
const TRIED: readonly Act[] = TORTURE ? ACTS : ['upload', 'delete'];
const ERRORS = TORTURE ? ['EIO', 'ENOSPC'] : ['EIO'];

/** Not `write`: threads wake one another by that, and no disk is asked. */
const TRIED_CALLS: readonly Call[] = TORTURE
  ? ['openat', 'writev', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'link', 'unlink', 'mkdir']
  : ['pwrite64', 'fsync', 'unlink'];

test('a call that fails once costs at most the request that made it, which is told, and loses nothing else', {
  timeout: TORTURE ? 3_600_000 : 150_000,
}, async (context) => {
  needsStrace(context);
  const acts = await FailingActs.start({ env: { KEEP_VERSIONS: '100', ...ONE_FILE_THREAD } });
  const { pid } = acts.server;
  const by_call: Record<string, number> = {};
  for (const act of TRIED) {
    const watched = await watchCalls(pid);
    await acts.perform(act);
    const counts = countCalls(await watched.end());
    for (const call of TRIED_CALLS) {
      for (const error of ERRORS) {
        for (const when of spread(counts.get(call) ?? 0, MOST_OF_A_CALL)) {
          await acts.attempt(act, () => watchCalls(pid, `${call}:error=${error}:when=${when}`));
          by_call[call] = (by_call[call] ?? 0) + 1;
        }
      }
    }
  }
  const figures = await acts.end();
  report('faults-calls', { ...figures, by_call });
  expect(figures.refused).toBeGreaterThan(0);
});
