import { jobFromText } from '../../../domain/job.ts';
import type { DeadJob } from '../../../ports/dead-jobs.ts';
import type { Examining, Finding } from './finding.ts';

/** So many jobs that have failed for good are told; who has more has one reason for all of them. */
const MOST_DEAD_JOBS = 1000;

/** Tells the jobs that have failed for good; they are left for `tintype jobs retry`. */
export async function* examineDeadJobs({ home }: Examining): AsyncGenerator<Finding> {
  for (const dead of (await home.deadJobs?.listDead(MOST_DEAD_JOBS)) ?? []) yield findingOf(dead);
}

function findingOf({ id, job: text, queued_at, tries, failure }: DeadJob): Finding {
  const why = failure === null ? '' : `: ${failure}`;
  const found = { kind: 'dead-job', name: id, mended: false } as const;
  try {
    const job = jobFromText(text);
    const what = `${job.kind} of ${queued_at} has failed for good after ${tries} tries${why}`;
    const image = 'image_id' in job ? { image_id: job.image_id } : {};
    const user = 'user_id' in job ? { user_id: job.user_id } : {};
    return { ...found, ...image, ...user, what };
  } catch {
    return {
      ...found,
      what: `a job of ${queued_at} that this release does not know has failed for good${why}`,
    };
  }
}

/** Finds what processes that were cut off have left of bytes on their way. */
export async function* examineTemporaryFiles({ home, mender, before }: Examining): AsyncGenerator<Finding> {
  const { temporaryFiles } = home;
  for await (const { name, size_bytes, last_modified } of temporaryFiles?.walk() ?? []) {
    if (last_modified.getTime() >= before) continue;
    if (mender) await temporaryFiles?.remove(name);
    const what = `${size_bytes} bytes of ${last_modified.toISOString()} that were never stored`;
    yield { kind: 'temporary-file', name, what, mended: mender !== undefined };
  }
}
