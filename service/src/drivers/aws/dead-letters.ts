import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLettersOf } from './queues.ts';

/** How long a message is hidden from others if whoever looked at it cannot give it back. */
const HIDDEN_SECONDS = 60;

/** The most that SQS hands out, or takes, at once. */
const BATCH = 10;

/** What becomes of a message that was looked at: it was removed, or stays; `enough`: it stays, and is the last. */
export type Look = 'removed' | 'stays' | 'enough';

/**
 * Hands out the dead letters of a queue, each once, until there are no more or `look` has had enough. SQS hides
 * what it hands out: what stays is given back at the end, so that it is hidden no longer than this takes.
 */
export async function eachDeadLetter(
  client: SQSClient,
  queue: string,
  look: (message: Message) => Promise<Look>,
): Promise<void> {
  const held = new Map<string, string>();
  const seen = new Set<string>();
  try {
    for (;;) {
      const messages = await receive(client, queue);
      const unseen = messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
      for (const { MessageId = '', ReceiptHandle = '' } of messages) held.set(MessageId, ReceiptHandle);
      // Those that were hidden are coming again: that is all that there is.
      if (unseen.length === 0) return;
      for (const message of unseen) {
        const { MessageId = '' } = message;
        seen.add(MessageId);
        const outcome = await look(message);
        if (outcome === 'removed') held.delete(MessageId);
        if (outcome === 'enough') return;
      }
    }
  } finally {
    await giveBack(client, queue, [...held.values()]);
  }
}

/** Puts a dead letter back into its queue. It is sent before it is removed, so that it may be twice and never lost. */
export async function reviveLetter(
  client: SQSClient,
  queue: string,
  { Body, ReceiptHandle }: Message,
): Promise<void> {
  await client.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: Body }));
  await client.send(new DeleteMessageCommand({ QueueUrl: deadLettersOf(queue), ReceiptHandle }));
}

/** A second of waiting makes SQS ask all of its machines, and not some. */
async function receive(client: SQSClient, queue: string): Promise<readonly Message[]> {
  const { Messages } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLettersOf(queue),
      MaxNumberOfMessages: BATCH,
      VisibilityTimeout: HIDDEN_SECONDS,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp'],
    }),
  );
  return Messages ?? [];
}

/** What cannot be given back comes by itself after a minute. */
async function giveBack(client: SQSClient, queue: string, receipts: readonly string[]): Promise<void> {
  for (let at = 0; at < receipts.length; at += BATCH) {
    const Entries = receipts
      .slice(at, at + BATCH)
      .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: deadLettersOf(queue), Entries });
    await client.send(command).catch(() => {});
  }
}
