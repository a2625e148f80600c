import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../../test/emulators/credentials.ts';
import { type S3Emulator, startS3 } from '../../../test/emulators/s3/s3.ts';
import { TRIES_OF_A_JOB } from './job-message.ts';
import { deadLettersOf, makeJobQueue } from './queues.ts';
import { createSqsClient } from './sqs-client.ts';

let emulator: S3Emulator;
let client: SQSClient;

beforeAll(async () => {
  emulator = await startS3();
  const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
  client = createSqsClient({ ...settings, endpoint: emulator.sqsEndpoint });
});

afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

const receive = async (QueueUrl: string) => {
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
  return Messages[0];
};

describe('the queue of jobs', () => {
  test(`hands a job out ${TRIES_OF_A_JOB} times; then it lies in the dead-letter queue`, async () => {
    const QueueUrl = await makeJobQueue(client, 'patient');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a job' }));
    for (let tries = 1; tries <= TRIES_OF_A_JOB; tries++) {
      const message = await receive(QueueUrl);
      expect(message?.Body).toBe('a job');
      const ReceiptHandle = message?.ReceiptHandle;
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
    expect(await receive(QueueUrl)).toBeUndefined();
    const dead = await client.send(new GetQueueUrlCommand({ QueueName: deadLettersOf('patient') }));
    expect((await receive(dead.QueueUrl ?? ''))?.Body).toBe('a job');
  });

  test('that is there already stays as it is, with what is in it', async () => {
    const QueueUrl = await makeJobQueue(client, 'kept');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a job' }));
    expect(await makeJobQueue(client, 'kept')).toBe(QueueUrl);
    const message = await receive(QueueUrl);
    expect(message?.Body).toBe('a job');
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  });
});
