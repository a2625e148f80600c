import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Log } from '../../src/ports/log.ts';

/**
 * Does what the messages of a queue say, until it hands out none. What fails is logged, and lies in the queue
 * again when this is done: a test does not wait as long as a queue does.
 */
export async function workOffQueue(
  { client, queueUrl: QueueUrl }: { readonly client: SQSClient; readonly queueUrl: string },
  work: (body: string) => Promise<void>,
  log: Log,
): Promise<void> {
  const failed: (string | undefined)[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) break;
    for (const { Body = '', ReceiptHandle } of Messages) {
      try {
        await work(Body);
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      } catch (error) {
        log.error({ err: error }, 'a job has failed');
        failed.push(ReceiptHandle);
      }
    }
  }
  for (const ReceiptHandle of failed) {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }
}
