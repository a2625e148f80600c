import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../credentials.ts';
import { startS3 } from './s3.ts';
import { answered } from './sample-bucket.ts';

const s3 = await startS3();
afterAll(() => s3.stop());

const clientWith = (
  credentials = { ...EMULATOR_CREDENTIALS } as { accessKeyId: string; secretAccessKey: string },
) => new SQSClient({ endpoint: s3.sqsEndpoint, region: EMULATOR_REGION, credentials, maxAttempts: 1 });

describe('the emulator of SQS', () => {
  test('hands on messages, at a URL of the same host, and counts the requests', async () => {
    const client = clientWith();
    s3.meter.take();
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'jobs' }));
    expect(QueueUrl?.startsWith(`${s3.sqsEndpoint}/`)).toBe(true);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"kind":"clean-up-object"}' }));
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages.map(({ Body }) => Body)).toEqual(['{"kind":"clean-up-object"}']);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
    expect(s3.meter.take()).toEqual({
      requests: { CreateQueue: 1, SendMessage: 1, ReceiveMessage: 1, DeleteMessage: 1 },
    });
  });

  test('refuses who has another secret, and who has none', async () => {
    const stranger = clientWith({ ...EMULATOR_CREDENTIALS, secretAccessKey: 'wrong' });
    await expect(stranger.send(new CreateQueueCommand({ QueueName: 'theirs' }))).rejects.toMatchObject(
      answered(403, 'SignatureDoesNotMatch'),
    );
    const anonymous = await fetch(s3.sqsEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' },
      body: '{}',
    });
    expect(anonymous.status).toBe(403);
  });
});
