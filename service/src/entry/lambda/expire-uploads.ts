import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { composeLambdaDeps } from '../../compose/lambda.ts';
import { expireUploads } from '../../operations/background/expire-uploads.ts';

const deps = composeLambdaDeps({ createUploads: createAwsUploads });

/** The clock's own event says nothing that is needed. A failure is seen in the alarms, and the next time tries anew. */
export async function handler(): Promise<{ ended: number }> {
  return { ended: await expireUploads(deps) };
}
