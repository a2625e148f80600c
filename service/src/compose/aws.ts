import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from '../drivers/aws/sqs-job-queue.ts';
import { periodically } from '../drivers/system/periodically.ts';
import { doJob } from '../operations/background/do-job.ts';
import { sweepUploads } from '../operations/background/sweep-uploads.ts';
import type { Log } from '../ports/log.ts';
import { composeOverAws } from './aws-context.ts';
import { createAwsUploads } from './aws-uploads.ts';
import { loadCdnPresigner } from './cdn.ts';
import { type Home, SWEEP_MS } from './home.ts';
import { openRateLimits } from './rate-limits.ts';
import { loadSigningSecrets } from './signing-secrets.ts';

/** The AWS home as a server: S3, DynamoDB and SQS, whose jobs this process does itself. */
export async function openAwsHome(config: Config, storage: AwsStorageConfig, log: Log): Promise<Home> {
  const [rateLimits, signingSecrets, presignRead] = await Promise.all([
    openRateLimits(config),
    loadSigningSecrets(config),
    loadCdnPresigner(config),
  ]);
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const queue = { client: createSqsClient({}), queueUrl: storage.jobsQueueUrl };
  const uploads = createAwsUploads(storage, clients);
  const parts = { clients, jobs: createSqsJobQueue(queue), log, presignRead, uploads };
  const contextFor = composeOverAws({ ...config, signingSecrets }, storage, parts);
  const { deps } = contextFor(config.publicUrl ?? '');
  const worker = startSqsWorker(queue, (job) => doJob(deps, job), log);
  const sweep = periodically(SWEEP_MS, () => sweepUploads(deps), log, 'the sweep of uploads');
  return {
    data: `in the bucket ${storage.bucket} and the table ${storage.tables.images}`,
    contextFor: (publicUrl) => ({ ...contextFor(publicUrl), rateLimits }),
    async close() {
      await Promise.all([worker.stop(), sweep.stop()]);
      queue.client.destroy();
      destroyAwsClients(clients);
    },
  };
}
