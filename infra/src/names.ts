import { Aws } from 'aws-cdk-lib';
import { deadLettersOf, queueOfKind } from '../../service/src/drivers/aws/queues.ts';
import type { TableNames } from '../../service/src/drivers/aws/tables.ts';
import type { QueueName } from '../../service/src/operations/manifest-rows.ts';
import type { Stage } from './stages.ts';

/**
 * The names of what a stage has. They are known before anything is made, so that stacks need nothing of
 * each other's outputs, and policies can name each thing.
 */
export interface Names {
  readonly bucket: string;
  readonly logsBucket: string;
  readonly galleryBucket: string;
  readonly tables: TableNames;
  readonly queues: Readonly<Record<QueueName, QueueNames>>;
  /** The rule that tells of what GuardDuty has scanned. */
  readonly scanResults: string;
  /** The domain of OpenSearch, where a stage has one. */
  readonly search: string;
  /** Where it is told of changes that searches have not seen. */
  readonly lostChanges: string;
  readonly signingSecret: string;
  readonly api: string;
  readonly functionNamed: (name: string) => string;
  /** Where a function's log is kept. */
  readonly logOf: (name: string) => string;
}

export interface QueueNames {
  readonly queue: string;
  /** Where its messages lie that have failed for good. */
  readonly deadLetters: string;
}

export function namesOf({ name, region }: Stage): Names {
  const prefix = `tintype-${name}`;
  const jobs = `${prefix}-jobs`;
  const queueNamed = (queue: string): QueueNames => ({ queue, deadLetters: deadLettersOf(queue) });
  return {
    // Buckets have one namespace for all of the world.
    bucket: `${prefix}-images-${Aws.ACCOUNT_ID}-${region}`,
    logsBucket: `${prefix}-logs-${Aws.ACCOUNT_ID}-${region}`,
    galleryBucket: `${prefix}-gallery-${Aws.ACCOUNT_ID}-${region}`,
    tables: {
      images: `${prefix}-images`,
      listings: `${prefix}-listings`,
      ledger: `${prefix}-ledger`,
      audit: `${prefix}-audit`,
    },
    queues: {
      jobs: queueNamed(jobs),
      uploads: queueNamed(`${prefix}-uploads`),
      'announce-event': queueNamed(queueOfKind(jobs, 'announce-event')),
      'process-image': queueNamed(queueOfKind(jobs, 'process-image')),
      'withdraw-image': queueNamed(queueOfKind(jobs, 'withdraw-image')),
      'erase-images': queueNamed(queueOfKind(jobs, 'erase-images')),
      'sync-search': queueNamed(queueOfKind(jobs, 'sync-search')),
    },
    scanResults: `${prefix}-scan-results`,
    search: prefix,
    lostChanges: `${prefix}-lost-changes`,
    signingSecret: `${prefix}-signing`,
    api: prefix,
    functionNamed: (operation) => `${prefix}-${operation}`,
    logOf: (operation) => `/aws/lambda/${prefix}-${operation}`,
  };
}
