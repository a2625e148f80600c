import { expect, test } from 'vitest';
import { randomNumbers } from '../process/random-numbers.ts';
import { startServerProcess } from '../support/server-process.ts';
import { type Checked, expectDeletedToStayAway, expectKept, expectKnown } from './support/crash-checks.ts';
import { Ledger, Tally } from './support/crash-ledger.ts';
import { ACTS, type Act, Load } from './support/crash-load.ts';
import { Refused } from './support/direct-upload.ts';
import { bytesOf, cleanUpsOf, haveJobsDue, untilJobsAreDone } from './support/examined-folder.ts';
import { type Call, countCalls, needsStrace, ONE_FILE_THREAD, spread, watchCalls } from './support/strace.ts';
import { report, SEED, TORTURE, tries } from './support/torture.ts';

const ENV = { KEEP_VERSIONS: '100', ...ONE_FILE_THREAD };
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
  const [ledger, tally, random] = [new Ledger(), new Tally(), randomNumbers(SEED)];
  const server = await startServerProcess({ env: ENV });
  const client = new Load({ server, ledger, tally, random, clients: 0 });
  const checked = { server, ledger, tally };
  for (let images = 0; images < 8; images++) await client.perform('upload');
  const figures = { faults: 0, answered_all_the_same: 0, refused: 0 };
  const by_call: Record<string, number> = {};
  const by_status: Record<string, number> = {};
  for (const act of TRIED) {
    const watched = await watchCalls(server.pid);
    await client.perform(act);
    const counts = countCalls(await watched.end());
    for (const call of TRIED_CALLS) {
      for (const error of ERRORS) {
        for (const when of spread(counts.get(call) ?? 0, MOST_OF_A_CALL)) {
          while (ledger.present.size < 5) await client.perform('upload');
          const fault = await watchCalls(server.pid, `${call}:error=${error}:when=${when}`);
          const refused = await client.perform(act).then(
            () => undefined,
            (failure: unknown) => statusOf(failure),
          );
          await fault.end();
          figures.faults++;
          by_call[call] = (by_call[call] ?? 0) + 1;
          if (refused === undefined) figures.answered_all_the_same++;
          else {
            figures.refused++;
            by_status[refused] = (by_status[refused] ?? 0) + 1;
          }
          const ready = await fetch(`${server.url}/ready`);
          expect(ready.status, await ready.text()).toBe(200);
          await deleteAgain(checked);
          await expectKnown(checked, () => true);
        }
      }
    }
  }
  const left_to_jobs = await expectLeftToJobs(checked);
  expect(await server.stop()).toBe(0);
  haveJobsDue(server.dataDir);
  const next = await startServerProcess({ dataDir: server.dataDir, env: ENV });
  await untilJobsAreDone(next.dataDir);
  await expectKept({ ...checked, server: next }, () => true);
  await expectDeletedToStayAway({ ...checked, server: next });
  report('faults-calls', {
    ...figures,
    left_to_jobs,
    by_call,
    by_status,
    acknowledged_and_lost: 0,
    refused_uploads: tally.lostUploads,
    refused_changes: tally.lostChanges,
    announced_uploads: tally.announced,
  });
  expect(figures.refused).toBeGreaterThan(0);
  expect(await next.stop()).toBe(0);
});

/**
 * A deletion that failed once the bytes were gone is finished by a job, or by whoever asks for it again, as its answer
 * says; where nobody can tell whether they are gone, the job looks a minute later.
 */
async function deleteAgain({ server, ledger }: Checked): Promise<void> {
  for (const [image_id, known] of ledger.unsureDeletions) {
    const { status } = await fetch(`${server.url}/images/${image_id}`, { method: 'DELETE' });
    expect([204, 404]).toContain(status);
    ledger.deleted.set(image_id, known);
  }
  ledger.unsureDeletions.clear();
}

/**
 * Where nobody can tell whether a record has been written, its bytes stay until a job looks, a minute later: also those
 * of a replacement whose image is deleted meanwhile. Each of them has its job. @returns how many there are.
 */
async function expectLeftToJobs({ server: { dataDir } }: Checked): Promise<number> {
  const { named, there } = await bytesOf(dataDir);
  const left = there.filter((key) => !named.includes(key));
  expect(cleanUpsOf(dataDir)).toEqual(expect.arrayContaining(left));
  return left.length;
}

/** Ours to mend, with the id by which the log has it; a refusal of anything else would be a fault of its own. */
function statusOf(failure: unknown): number {
  if (!(failure instanceof Refused)) throw failure;
  const { request_id } = JSON.parse(failure.body) as { request_id?: string };
  expect([500, 503, 507], failure.message).toContain(failure.status);
  expect(request_id).toMatch(/^[\w-]{8,}$/);
  return failure.status;
}
