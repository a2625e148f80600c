import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from '../drivers/aws/sqs-job-queue.ts';
import { cleanUpObject } from '../operations/background/clean-up-object.ts';
import type { Log } from '../ports/log.ts';
import { composeOverAws } from './aws-context.ts';
import { loadCdnPresigner } from './cdn.ts';
import type { Home } from './home.ts';
import { loadSigningSecrets } from './signing-secrets.ts';

/** The AWS home as a server: S3, DynamoDB and SQS, whose jobs this process does itself. */
export async function openAwsHome(config: Config, storage: AwsStorageConfig, log: Log): Promise<Home> {
  const [signingSecrets, presignRead] = await Promise.all([
    loadSigningSecrets(config),
    loadCdnPresigner(config),
  ]);
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const queue = { client: createSqsClient({}), queueUrl: storage.jobsQueueUrl };
  const parts = { clients, jobs: createSqsJobQueue(queue), log, presignRead };
  const contextFor = composeOverAws({ ...config, signingSecrets }, storage, parts);
  const { deps } = contextFor(config.publicUrl ?? '');
  const worker = startSqsWorker(queue, (job) => cleanUpObject(deps, job), log);
  return {
    data: `in the bucket ${storage.bucket} and the table ${storage.tables.images}`,
    contextFor,
    async close() {
      await worker.stop();
      queue.client.destroy();
      destroyAwsClients(clients);
    },
  };
}
