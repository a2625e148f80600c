import { composeLambdaDeps } from '../../compose/lambda.ts';
import { purgeTrash } from '../../operations/background/purge-trash.ts';

const deps = composeLambdaDeps();

/** The clock's own event says nothing that is needed. A failure is seen in the alarms, and the next time tries anew. */
export async function handler(): Promise<{ purged: number }> {
  return { purged: await purgeTrash(deps) };
}
