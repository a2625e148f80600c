import { randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';

/** How often a transaction is tried that another one got in the way of. */
const TRIES = 8;
const LONGEST_PAUSE_MS = 800;

/** Waits that long; a test gives one that does not. */
export type Pause = (milliseconds: number) => Promise<void>;

/**
 * Writes all items or none. The SDK tries again what was throttled or not answered, under one token, so
 * that it happens once; it does not try again when two transactions meet on an item
 * (`TransactionConflict`), which passes by itself: that is done here, with full jitter.
 * @returns undefined when it is written, or why it was not: a reason for each item, in order.
 */
export async function writeTransaction(
  client: DynamoDBClient,
  items: readonly TransactWriteItem[],
  pause: Pause,
): Promise<readonly CancellationReason[] | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      const ClientRequestToken = randomUUID();
      await client.send(new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken }));
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons;
      if (!reasons.some(({ Code }) => PASSING.has(Code ?? '')) || tries === TRIES) throw error;
      await pause(Math.random() * Math.min(25 * 2 ** tries, LONGEST_PAUSE_MS));
    }
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors */
const PASSING = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);
