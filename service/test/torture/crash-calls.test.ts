import { test } from 'vitest';
import { ACTS, type Act } from './support/crash-load.ts';
import { KilledActs } from './support/killed-acts.ts';
import { type Call, countCalls, needsStrace, ONE_FILE_THREAD, spread, watchCalls } from './support/strace.ts';
import { report, TORTURE, tries } from './support/torture.ts';

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
  const acts = await KilledActs.start({ env: { KEEP_VERSIONS: '100', ...ONE_FILE_THREAD } });
  const by_call: Record<string, number> = {};
  for (const act of TRIED) {
    const watched = await watchCalls(acts.pid);
    await acts.perform(act);
    const counts = countCalls(await watched.end());
    for (const call of TRIED_CALLS) {
      for (const when of spread(counts.get(call) ?? 0, MOST_OF_A_CALL)) {
        await acts.attempt(act, () => watchCalls(acts.pid, `${call}:signal=SIGKILL:when=${when}`));
        by_call[call] = (by_call[call] ?? 0) + 1;
      }
    }
  }
  report('crash-calls', { ...(await acts.end()), by_call });
});
