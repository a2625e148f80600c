import { composeLambdaHome } from '../../compose/lambda.ts';
import { resendJobs } from '../../operations/background/resend-jobs.ts';

const { deps, outbox } = composeLambdaHome();

/** The clock's own event says nothing that is needed. A failure is seen in the alarms, and the next time tries anew. */
export async function handler(): Promise<{ sent: number }> {
  return { sent: await resendJobs({ outbox, clock: deps.clock }) };
}
