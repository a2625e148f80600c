import type { Attempt, JobKind } from '../../domain/job.ts';
import type { Metrics } from '../../ports/metrics.ts';

/** What does a try of a job, and counts how it ended. Without metrics it is `work` itself. */
export function measuredWork<Work extends { readonly kind: JobKind }>(
  metrics: Metrics | undefined,
  work: (job: Work, attempt: Attempt) => Promise<void>,
): (job: Work, attempt: Attempt) => Promise<void> {
  if (metrics === undefined) return work;
  return async (job, attempt) => {
    const { kind } = job;
    const started = performance.now();
    let outcome = attempt.isLast ? 'dead' : 'failed';
    try {
      await work(job, attempt);
      outcome = 'done';
    } finally {
      metrics.count('jobs_total', { kind, outcome });
      metrics.observe('job_duration_seconds', { kind }, (performance.now() - started) / 1000);
      metrics.flush();
    }
  };
}
