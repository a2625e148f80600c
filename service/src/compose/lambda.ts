import { type Config, loadConfig } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { createAwsClients } from '../drivers/aws/clients.ts';
import { createLineLog } from '../drivers/system/line-log.ts';
import type { AppContext } from '../http/context.ts';
import type { Deps } from '../operations/deps.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { composeOverAws } from './aws-context.ts';
import type { createAwsUploads } from './aws-uploads.ts';

/** Lambda takes events of 6 MB, and the body comes in base64: so much of it can be image. */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;

/** What only some functions have: secrets, read before they are composed, and code that others need not load. */
export interface FunctionParts {
  /** For the function that signs page keys. */
  readonly signingSecrets?: readonly string[];
  /** For those that give out URLs. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
  /** What makes the store of direct uploads, for those that have to do with them. */
  readonly createUploads?: typeof createAwsUploads;
}

/**
 * The parts of the AWS home for a function behind the API, from its environment; made once, before the
 * first event.
 */
export function composeLambdaContext({ signingSecrets = [], ...parts }: FunctionParts): AppContext {
  const config = loadConfig();
  if (config.publicUrl === undefined)
    throw new OperatorError('PUBLIC_URL must say how callers reach the API.');
  return composeFunction({ ...config, signingSecrets }, parts)(config.publicUrl);
}

/** The parts of the AWS home for a function that a queue feeds. */
export function composeLambdaDeps(parts: Omit<FunctionParts, 'signingSecrets'> = {}): Deps {
  return composeFunction({ ...loadConfig(), signingSecrets: [] }, parts)('').deps;
}

function composeFunction(
  config: Config,
  { presignRead, createUploads }: Omit<FunctionParts, 'signingSecrets'>,
): (publicUrl: string) => AppContext {
  const { storage } = config;
  if (storage.kind !== 'aws') throw new OperatorError('STORAGE must be aws in a function.');
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const log = createLineLog((line) => process.stdout.write(line), config.logLevel);
  return composeOverAws(config, storage, {
    clients,
    jobs: jobsWhenNeeded(storage),
    log,
    presignRead,
    uploads: createUploads?.(storage, clients),
    maxInlineBytes: MAX_INLINE_BYTES,
  });
}

/** Jobs are queued after failures alone: the SDK's part for it is loaded only then, not at each cold start. */
function jobsWhenNeeded({ jobsQueueUrl }: AwsStorageConfig): JobQueue {
  return {
    async enqueue(job) {
      const [{ createSqsClient }, { createSqsJobQueue }] = await Promise.all([
        import('../drivers/aws/sqs-client.ts'),
        import('../drivers/aws/sqs-job-queue.ts'),
      ]);
      await createSqsJobQueue({
        client: createSqsClient({ silenceMs: 3000 }),
        queueUrl: jobsQueueUrl,
      }).enqueue(job);
    },
  };
}
