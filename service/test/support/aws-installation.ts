import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach } from 'vitest';
import { makeBucket } from '../../src/drivers/aws/set-up.ts';
import { growShardCount } from '../../src/drivers/aws/shard-count.ts';
import { type AwsBackends, startBackends } from './aws-backends.ts';
import { emptyInstallation } from './aws-cleaning.ts';
import { AWS_SERVICES, type AwsService } from './aws-environment.ts';
import { type AwsInstallation, makeInstallation } from './make-installation.ts';
import { countRequests, type RequestCounter } from './sdk-meter.ts';
import './aws-task-meta.ts';

/** An installation that goes back when its test is done. */
export interface OpenedInstallation extends AwsInstallation {
  /** Outside this process the next one may then be given the same, emptied. */
  close(): Promise<void>;
}

interface Running {
  readonly backends: AwsBackends;
  readonly counter: RequestCounter;
}

let running: Promise<Running> | undefined;
let made = 0;
const free: string[] = [];

/**
 * An empty installation, on what the run's environment says (aws-environment.ts): emulators start with a file's
 * first and stop at the end of the file. Elsewhere making tables takes many seconds, so that those of a worker
 * are used again by its next tests, emptied.
 */
export async function openInstallation(): Promise<OpenedInstallation> {
  running ??= start();
  const { backends, counter } = await running;
  return counter.uncounted(() => openAt(backends, counter));
}

/** As `openInstallation`, for what needs nothing but its bucket: on emulators tables take fifty milliseconds. */
export async function openBucket(): Promise<
  Pick<OpenedInstallation, 'clients' | 'bucketUrl' | 'close'> & { bucket: string }
> {
  running ??= start();
  const { backends, counter } = await running;
  if (isOutside(backends)) {
    const { clients, storage, bucketUrl, close } = await openInstallation();
    return { clients, bucket: storage.bucket, bucketUrl, close };
  }
  const { clients, endpoints } = backends;
  const bucket = `bucket-${++made}`;
  await counter.uncounted(() => makeBucket(clients.s3, bucket));
  return { clients, bucket, bucketUrl: `${endpoints.s3}/${bucket}`, close: async () => {} };
}

async function openAt(backends: AwsBackends, counter: RequestCounter): Promise<OpenedInstallation> {
  const outside = isOutside(backends);
  const name = outside ? (free.pop() ?? nameOutside()) : `home-${++made}`;
  // The queue is a new one each time: emptying one takes SQS a minute, and so does giving its name to another.
  const queue = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  const installation = await makeInstallation(backends, { name, queue });
  const { clients, storage } = installation;
  if (outside) {
    await emptyInstallation(clients, storage);
    await growShardCount(clients.dynamodb, storage.tables.listings, storage.listingShards);
  }
  return {
    ...installation,
    async close() {
      if (!outside) return;
      const command = new DeleteQueueCommand({ QueueUrl: storage.jobsQueueUrl });
      await counter.uncounted(() => clients.sqs.send(command));
      free.push(name);
    },
  };
}

const isOutside = ({ places }: AwsBackends) =>
  AWS_SERVICES.some((service) => places[service].kind !== 'emulator');

const nameOutside = () => `${runPrefix()}${process.env['VITEST_POOL_ID'] ?? 'x'}-${++made}`;

function runPrefix(): string {
  const prefix = process.env['TINTYPE_TEST_RUN_PREFIX'];
  if (!prefix) throw new Error('Tests over AWS outside this process run under `npm run test:aws`.');
  return prefix;
}

async function start(): Promise<Running> {
  const backends = await startBackends();
  return { backends, counter: countRequests(backends.clients) };
}

afterEach(async ({ task }) => {
  if (!running) return;
  const requests = (await running).counter.take();
  const total = (service: AwsService) =>
    Object.values(requests[service]).reduce((sum, times) => sum + times, 0);
  task.meta.aws = { dynamodb: total('dynamodb'), s3: total('s3'), sqs: total('sqs') };
});

// Emulators that files share end with their worker.
if (process.env['TINTYPE_TEST_SHARED'] === undefined) {
  afterAll(async () => (await running)?.backends.stop());
}
