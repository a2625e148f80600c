import type { composeLambdaHome } from '../../compose/lambda.ts';
import { measuredWork } from '../../compose/observed/measured-work.ts';
import type { Attempt, Job, JobKind } from '../../domain/job.ts';
import { type QueueHandler, queueHandlerFor } from './queue-handler.ts';

/** A function that does the jobs of one kind, which come by a queue of theirs. */
export function jobHandlerFor<Kind extends JobKind>(
  kind: Kind,
  { deps, receive, metrics }: ReturnType<typeof composeLambdaHome>,
  work: (job: Extract<Job, { kind: Kind }>, attempt: Attempt) => Promise<void>,
): QueueHandler {
  const measured = measuredWork(metrics, work);
  return queueHandlerFor(async (text, received) => {
    const { job, attempt } = await receive(text, received);
    if (!isOf(kind, job)) throw new Error(`This queue has no jobs of the kind ${job.kind}.`);
    await measured(job, attempt);
  }, deps.log);
}

function isOf<Kind extends JobKind>(kind: Kind, job: Job): job is Extract<Job, { kind: Kind }> {
  return job.kind === kind;
}
