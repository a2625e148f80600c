import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import type { Attempt, Job } from '../domain/job.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { createAwsClients } from '../drivers/aws/clients.ts';
import { attemptOf, receivedJob } from '../drivers/aws/job-message.ts';
import type { SqsJobQueue } from '../drivers/aws/sqs-job-queue.ts';
import { createEmfMetrics } from '../drivers/emf/emf-metrics.ts';
import { createLineLog } from '../drivers/system/line-log.ts';
import type { AppContext } from '../http/context.ts';
import { measureRequests } from '../http/middleware/measure-requests.ts';
import type { Deps } from '../operations/deps.ts';
import type { JobOutbox } from '../ports/job-outbox.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Renderer } from '../ports/renderer.ts';
import { type AwsHome, composeOverAws } from './aws-context.ts';
import type { openAwsLinks } from './aws-links.ts';
import type { createAwsUploads } from './aws-uploads.ts';
import type { openAwsWebhooks } from './aws-webhooks.ts';
import { openDoors } from './doors.ts';
import { functionConfig } from './lambda-config.ts';
import { measuredDeps } from './observed/measured-deps.ts';
import type { openSearchIndex } from './opensearch.ts';

/** Lambda takes events of 6 MB, and the body comes in base64: so much of it can be image. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;

/** What only some functions have: secrets, read before they are composed, and code that others need not load. */
export interface FunctionParts {
  /** For the function that signs page keys. */
  readonly signingSecrets?: readonly string[];
  /** For those that give out URLs. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
  /** For those that decode images. */
  readonly renderer?: Renderer;
  /** What makes the store of direct uploads, for those that have to do with them. */
  readonly createUploads?: typeof createAwsUploads;
  /** What finds images by their texts, for the function that does, where the environment names an engine. */
  readonly openSearch?: typeof openSearchIndex;
  /** What makes share links, for those that have to do with them. */
  readonly openLinks?: typeof openAwsLinks;
  /** What makes the parts of webhooks, for those that have to do with them. */
  readonly openWebhooks?: typeof openAwsWebhooks;
}

/**
 * The parts of the AWS home for a function behind the API, from its environment; made once, before the
 * first event.
 */
export function composeLambdaContext({ signingSecrets = [], ...parts }: FunctionParts): AppContext {
  const config = functionConfig();
  if (config.publicUrl === undefined)
    throw new OperatorError('PUBLIC_URL must say how callers reach the API.');
  const { contextFor, metrics } = composeFunction({ ...config, signingSecrets }, parts);
  return {
    ...contextFor(config.publicUrl),
    ...openDoors(config),
    observation: metrics && { around: [measureRequests(metrics)] },
  };
}

/** The parts of the AWS home for a function that a queue or the clock starts. */
export function composeLambdaDeps(parts: Omit<FunctionParts, 'signingSecrets'> = {}): Deps {
  return composeLambdaHome(parts).deps;
}

/** The same, for those that have to do with how jobs come to their queues. */
export function composeLambdaHome(parts: Omit<FunctionParts, 'signingSecrets'> = {}): {
  readonly deps: Deps & { readonly keepGps: boolean };
  readonly outbox: JobOutbox;
  readonly metrics: Metrics | undefined;
  /** Which try of a message's work it is; `received` says how often it has been handed out. */
  readonly attemptOf: (received: string | undefined) => Attempt;
  /** What a message of a queue of jobs says; its note goes, since it has arrived. */
  readonly receive: (text: string, received: string | undefined) => Promise<{ job: Job; attempt: Attempt }>;
} {
  const config = { ...functionConfig(), signingSecrets: [] };
  const { contextFor, outbox, metrics } = composeFunction(config, parts);
  return {
    deps: { ...contextFor('').deps, keepGps: config.processing.keepGps },
    outbox,
    metrics,
    attemptOf,
    async receive(text, received) {
      const { job, noted } = receivedJob(text);
      if (noted) await outbox.forget(noted);
      return { job, attempt: attemptOf(received) };
    },
  };
}

function composeFunction(
  config: Config,
  parts: Omit<FunctionParts, 'signingSecrets'>,
): AwsHome & { readonly metrics: Metrics | undefined } {
  const { presignRead, createUploads, renderer, openSearch, openLinks, openWebhooks } = parts;
  const { storage, observing } = config;
  if (storage.kind !== 'aws') throw new OperatorError('STORAGE must be aws in a function.');
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const write = (line: string) => process.stdout.write(line);
  const log = createLineLog(write, config.logLevel);
  // Traces are the platform's own here (X-Ray).
  const metrics = observing.metrics && createEmfMetrics({ ...observing.metrics, write, now: Date.now });
  const { contextFor, outbox } = composeOverAws(config, storage, {
    clients,
    jobs: jobsWhenNeeded(storage),
    log,
    presignRead,
    uploads: createUploads?.(storage, clients),
    renderer,
    search: storage.search && openSearch?.(storage.search, clients, metrics),
    openLinks,
    openWebhooks,
    maxInlineBytes: MAX_INLINE_BYTES,
  });
  return {
    outbox,
    metrics,
    contextFor(publicUrl) {
      const context = contextFor(publicUrl);
      return metrics ? { ...context, deps: measuredDeps(context.deps, metrics) } : context;
    },
  };
}

/** Few functions queue jobs, and some only after failures: the SDK's part for it is loaded only then. */
function jobsWhenNeeded({ jobsQueueUrl, queuePerKind }: AwsStorageConfig): SqsJobQueue {
  return {
    async enqueue(job, noted) {
      const [{ createSqsClient }, { createSqsJobQueue }] = await Promise.all([
        import('../drivers/aws/sqs-client.ts'),
        import('../drivers/aws/sqs-job-queue.ts'),
      ]);
      await createSqsJobQueue({
        client: createSqsClient({ silenceMs: 3000 }),
        queueUrl: jobsQueueUrl,
        queuePerKind,
      }).enqueue(job, noted);
    },
  };
}
