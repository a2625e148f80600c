import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { type Attempt, JOB_KINDS, type Job } from '../domain/job.ts';
import { originOfBucket } from '../drivers/aws/bucket-origin.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import type { OutboxKey } from '../drivers/aws/dynamo-job-outbox.ts';
import { queueOfKind } from '../drivers/aws/queues.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from '../drivers/aws/sqs-job-queue.ts';
import { createCautiousClock } from '../drivers/system/cautious-clock.ts';
import { periodically } from '../drivers/system/periodically.ts';
import { doJob, type JobDeps } from '../operations/background/do-job.ts';
import { resendJobs } from '../operations/background/resend-jobs.ts';
import type { Log } from '../ports/log.ts';
import { composeOverAws } from './aws-context.ts';
import { openAwsLinks } from './aws-links.ts';
import { createAwsUploads } from './aws-uploads.ts';
import { openAwsWebhooks } from './aws-webhooks.ts';
import { loadCdnPresigner } from './cdn.ts';
import { openDoors } from './doors.ts';
import { openEdge } from './edge.ts';
import type { Home } from './home.ts';
import { decoderGauges } from './observed/gauges.ts';
import { openObservation } from './observed/observation.ts';
import { openRenderer } from './processing.ts';
import { openRateLimiter } from './rate-limits.ts';
import { openGuardDuty, openScanner } from './scanner.ts';
import { loadSigningSecrets } from './signing-secrets.ts';
import { startSweeps } from './sweeps.ts';

/** How often jobs are looked for that whoever caused them could not send. */
const RESEND_MS = 60_000;

/** The AWS home as a server: S3, DynamoDB and SQS, whose jobs this process does itself. */
export async function openAwsHome(config: Config, storage: AwsStorageConfig, plainLog: Log): Promise<Home> {
  const observed = await openObservation(config, plainLog);
  const { log, metrics } = observed;
  const [rateLimiter, signingSecrets, presignRead, bucketOrigin] = await Promise.all([
    openRateLimiter(config),
    loadSigningSecrets(config),
    loadCdnPresigner(config),
    originOfBucket(storage.bucket, { s3PathStyle: storage.s3PathStyle }),
  ]);
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const { jobsQueueUrl: queueUrl, queuePerKind } = storage;
  const sqs = createSqsClient({});
  const uploads = createAwsUploads(storage, clients);
  const jobs = createSqsJobQueue({ client: sqs, queueUrl, queuePerKind });
  const renderer = openRenderer(config, (reason) => metrics?.count('decoder_losses_total', { reason }));
  observed.lookUp(() => decoderGauges(renderer.load));
  const { searchFeed, ...searching } = await openSearch(storage, clients);
  const made = { clients, jobs, log, presignRead, uploads, renderer };
  const parts = { ...made, ...searching, openLinks: openAwsLinks, openWebhooks: openAwsWebhooks };
  const { contextFor: plainContextFor, outbox } = composeOverAws(
    { ...config, signingSecrets },
    storage,
    parts,
  );
  const contextFor = (publicUrl: string) => {
    const context = plainContextFor(publicUrl);
    return { ...context, deps: observed.deps(context.deps) };
  };
  const scanner = await openScanner(config.scanner, log, () => openGuardDuty(storage, clients));
  const { keepGps } = config.processing;
  const edge = await openEdge(storage);
  const jobParts = observed.jobParts({ scanner, edge, searchFeed });
  const deps: JobDeps = { ...contextFor(config.publicUrl ?? '').deps, ...jobParts, keepGps };
  const running: { stop(): Promise<unknown> }[] = [];
  const { cdn } = storage;
  return {
    bytes: { fetched: [cdn ? new URL(cdn.url).origin : bucketOrigin], sent: [bucketOrigin] },
    data: `in the bucket ${storage.bucket} and the table ${storage.tables.images}`,
    contextFor: (publicUrl) => ({
      ...contextFor(publicUrl),
      ...openDoors(config),
      rateLimiter: rateLimiter && observed.limiter(rateLimiter),
      observation: observed.http,
    }),
    startWork() {
      const work = {
        work: observed.work((job: Job, attempt: Attempt) => doJob(deps, job, attempt)),
        forget: (noted: OutboxKey) => outbox.forget(noted),
        log,
      };
      const queues = new Set(
        JOB_KINDS.map((kind) => (queuePerKind ? queueOfKind(queueUrl, kind) : queueUrl)),
      );
      // Two for each queue, so that one image that takes long does not hold up the others.
      for (const each of [...queues, ...queues]) {
        running.push(startSqsWorker({ client: sqs, queueUrl: each }, work));
      }
      const { clock } = deps;
      running.push(
        ...startSweeps(deps, log, createCautiousClock(0)),
        periodically(RESEND_MS, () => resendJobs({ outbox, clock }), log, 'the sending of jobs once more'),
      );
    },
    async close() {
      await Promise.all(running.map((each) => each.stop()));
      await renderer.close();
      sqs.destroy();
      destroyAwsClients(clients);
      await observed.close();
    },
  };
}

/** What is switched off is not loaded. */
async function openSearch(storage: AwsStorageConfig, clients: AwsClients) {
  if (!storage.search) return { searchFeed: undefined };
  const [{ openSearchFeed, openSearchIndex }, { searchedChanges }] = await Promise.all([
    import('./opensearch.ts'),
    import('./searched-changes.ts'),
  ]);
  return {
    search: openSearchIndex(storage.search, clients),
    searchedChanges,
    searchFeed: openSearchFeed(storage, storage.search, clients),
  };
}
