import { randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  type DynamoDBClient,
  DynamoDBServiceException,
  TransactionCanceledException,
  TransactionInProgressException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';

/** How often a transaction is tried that another one got in the way of. */
const TRIES = 8;
const LONGEST_PAUSE_MS = 800;

/** Waits that long; a test gives one that does not. */
export type Pause = (milliseconds: number) => Promise<void>;

/**
 * Writes all items or none. The SDK sends again what was throttled or not answered, under one token, so
 * that it happens once. It does not try again when two transactions meet on an item
 * (`TransactionConflict`), and only for a moment while an earlier sending of this one is still being done
 * (`TransactionInProgress`); both pass by themselves: that is waited for here, with full jitter.
 *
 * A refused transaction is tried under a new token: whatever an engine keeps of the old one, it cannot
 * answer for the new. But once a sending may have been lost, the token stays: the lost one may still be
 * written, and under a new token we would take our own record for somebody else's.
 * @returns undefined when it is written, or why it was not: a reason for each item, in order.
 */
export async function writeTransaction(
  client: DynamoDBClient,
  items: readonly TransactWriteItem[],
  pause: Pause,
): Promise<readonly CancellationReason[] | undefined> {
  let ClientRequestToken = randomUUID();
  let mayBeWritten = false;
  for (let tries = 1; ; tries++) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken }));
      return undefined;
    } catch (error) {
      if (!(error instanceof DynamoDBServiceException)) throw error;
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons;
      const inProgress = error instanceof TransactionInProgressException;
      const passes = inProgress || reasons.some(({ Code }) => PASSING.has(Code ?? ''));
      if (!passes || tries === TRIES) throw error;
      mayBeWritten ||= inProgress || (error.$metadata.attempts ?? 1) > 1;
      if (!mayBeWritten) ClientRequestToken = randomUUID();
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
