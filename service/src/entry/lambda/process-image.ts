import { composeLambdaHome } from '../../compose/lambda.ts';
import { openFunctionRenderer } from '../../compose/lambda-renderer.ts';
import { openFunctionScanner } from '../../compose/lambda-scanner.ts';
import { processImage } from '../../operations/background/process-image.ts';
import { jobHandlerFor } from './job-handler.ts';
import type { SqsAnswer, SqsEvent } from './queue-handler.ts';
import { jobOfScanResult } from './scan-result.ts';

const home = composeLambdaHome({ renderer: openFunctionRenderer() });
const deps = { ...home.deps, scanner: await openFunctionScanner(home.deps.log) };

const handle = jobHandlerFor('process-image', home, (job, attempt) => processImage(deps, job, attempt));

/** Jobs of ours, and what GuardDuty says of an object: then it is time to look at its image again. */
export async function handler({ Records }: SqsEvent): Promise<SqsAnswer> {
  return handle({
    Records: Records.flatMap((record) => {
      const { isScanResult, job } = jobOfScanResult(record.body);
      if (!isScanResult) return [record];
      return job ? [{ ...record, body: JSON.stringify(job) }] : [];
    }),
  });
}
