import {
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../../test/emulators/credentials.ts';
import { type S3Emulator, startS3 } from '../../../test/emulators/s3/s3.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { awsError, OUTAGES, type SentCommand, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { Job } from '../../domain/job.ts';
import { deadLettersOf, makeJobQueue, queueOfKind, queuesOf } from './queues.ts';
import { createSqsClient } from './sqs-client.ts';
import { SqsDeadJobs } from './sqs-dead-jobs.ts';

const QUEUE = 'https://sqs.example.com/1/tintype-jobs';
const PROCESSING = queueOfKind(QUEUE, 'process-image');
const SENT = Date.UTC(2026, 4, 4);

const newJob = (): Job => ({ kind: 'process-image', image_id: sampleRecord().image_id, version: 1 });
const bodyOf = (job: Job) => JSON.stringify(job);

const letter = (MessageId: string, Body = bodyOf(newJob())): Message => ({
  MessageId,
  Body,
  ReceiptHandle: `receipt of ${MessageId}`,
  Attributes: { SentTimestamp: String(SENT) },
});

interface Stub {
  /** What the dead-letter queue of a queue hands out, one batch after another. */
  readonly batches?: Readonly<Record<string, readonly (readonly Message[])[]>>;
  /** What SQS says of a move when it is asked, one answer after another; undefined: it has no such thing. */
  readonly tasks?: readonly object[];
  readonly fails?: (command: SentCommand) => unknown;
}

/** Dead jobs at queues of which only those that are named here, and the first, are there. */
function stubbed({ batches = {}, tasks, fails }: Stub) {
  const left = new Map(Object.entries(batches).map(([queue, each]) => [deadLettersOf(queue), [...each]]));
  const known = new Set([QUEUE, ...Object.keys(batches)].flatMap((queue) => [queue, deadLettersOf(queue)]));
  const tasksLeft = [...(tasks ?? [])];
  const { client, sent } = stubbedClient<SQSClient>((command) => {
    const failure = fails?.(command);
    if (failure !== undefined) throw failure;
    const { name, input } = command;
    const queue = String(input['QueueUrl'] ?? '');
    if (queue !== '' && !known.has(queue)) throw awsError('QueueDoesNotExist', 400);
    if (name === 'ReceiveMessage') return { Messages: left.get(queue)?.shift() };
    if (name === 'GetQueueAttributes') return { Attributes: { QueueArn: `arn of ${queue}` } };
    if (name === 'StartMessageMoveTask' && !tasks) throw awsError('InvalidAction', 400);
    if (name === 'ListMessageMoveTasks') return { Results: tasksLeft.splice(0, 1) };
    return {};
  });
  let pauses = 0;
  const jobs = new SqsDeadJobs({ client, queueUrl: QUEUE, pause: async () => void pauses++ });
  const of = (name: string) => sent.filter((each) => each.name === name).map(({ input }) => input);
  return { jobs, sent, of, pauses: () => pauses };
}

describe('a list of dead letters', () => {
  test('has those of all queues that are there, without where they are written down', async () => {
    const [one, other] = [newJob(), newJob()];
    const noted = JSON.stringify({ ...one, outbox: { pk: 'a', sk: 'b' } });
    const { jobs } = stubbed({
      batches: {
        [QUEUE]: [[letter('a', noted)]],
        [PROCESSING]: [[letter('b', bodyOf(other))], [letter('c', 'roses')]],
      },
    });
    const known = { queued_at: '2026-05-04T00:00:00.000Z', tries: 5, failure: null };
    expect(await jobs.listDead(10)).toEqual([
      { id: 'a', job: bodyOf(one), ...known },
      { id: 'b', job: bodyOf(other), ...known },
      { id: 'c', job: 'roses', ...known },
    ]);
  });

  test('has each once, and ends when they come again', async () => {
    const { jobs, of } = stubbed({
      batches: { [QUEUE]: [[letter('a')], [letter('b'), letter('a')], [letter('b')], [letter('c')]] },
    });
    expect((await jobs.listDead(10)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(of('ReceiveMessage').filter(({ QueueUrl }) => QueueUrl === deadLettersOf(QUEUE))).toHaveLength(3);
  });

  test('takes no more than is wanted, and gives all back that it took', async () => {
    const { jobs, of } = stubbed({ batches: { [QUEUE]: [[letter('a'), letter('b'), letter('c')]] } });
    expect((await jobs.listDead(2)).map(({ id }) => id)).toEqual(['a', 'b']);
    const Entries = ['a', 'b', 'c'].map((id, index) => ({
      Id: String(index),
      ReceiptHandle: `receipt of ${id}`,
      VisibilityTimeout: 0,
    }));
    expect(of('ChangeMessageVisibilityBatch')).toEqual([{ QueueUrl: deadLettersOf(QUEUE), Entries }]);
  });

  test('is made although they cannot be given back: they come by themselves', async () => {
    const { jobs, of } = stubbed({
      batches: { [QUEUE]: [[letter('a')]] },
      fails: ({ name }) => (name === 'ChangeMessageVisibilityBatch' ? awsError('Busy', 503) : undefined),
    });
    expect(await jobs.listDead(10)).toHaveLength(1);
    expect(of('ReceiveMessage')[0]).toMatchObject({ VisibilityTimeout: 60, WaitTimeSeconds: 1 });
  });
});

describe('one dead letter', () => {
  test('is sent before it is removed, and the others stay', async () => {
    const body = bodyOf(newJob());
    const { jobs, sent } = stubbed({
      batches: { [PROCESSING]: [[letter('a'), letter('b', body), letter('c')]] },
    });
    expect(await jobs.retryDead('b')).toBe(1);
    expect(sent.filter(({ name }) => /Send|Delete|Start/.test(name))).toEqual([
      { name: 'SendMessage', input: { QueueUrl: PROCESSING, MessageBody: body } },
      {
        name: 'DeleteMessage',
        input: { QueueUrl: deadLettersOf(PROCESSING), ReceiptHandle: 'receipt of b' },
      },
    ]);
  });

  test('that cannot be sent is not removed', async () => {
    const { jobs, of } = stubbed({
      batches: { [QUEUE]: [[letter('a')]] },
      fails: ({ name }) => (name === 'SendMessage' ? awsError('Busy', 503) : undefined),
    });
    await expect(jobs.retryDead('a')).rejects.toMatchObject({ code: 'unavailable' });
    expect(of('DeleteMessage')).toEqual([]);
    expect(of('ChangeMessageVisibilityBatch')).toHaveLength(1);
  });

  test('of an id that there is not is none', async () => {
    const { jobs, of } = stubbed({ batches: { [QUEUE]: [[letter('a')]] } });
    expect(await jobs.retryDead('b')).toBe(0);
    expect(of('SendMessage')).toEqual([]);
  });
});

describe('all dead letters', () => {
  test('are moved by SQS itself where it can, back to the queue that they come from', async () => {
    const { jobs, of, pauses } = stubbed({
      batches: { [PROCESSING]: [] },
      tasks: [
        { Status: 'RUNNING', ApproximateNumberOfMessagesToMove: 7 },
        { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 0 },
        { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 7 },
      ],
    });
    expect(await jobs.retryDead(null)).toBe(7);
    expect(of('StartMessageMoveTask')).toEqual(
      [QUEUE, PROCESSING].map((queue) => ({
        SourceArn: `arn of ${deadLettersOf(queue)}`,
        DestinationArn: `arn of ${queue}`,
      })),
    );
    expect(of('ReceiveMessage')).toEqual([]);
    expect(pauses()).toBe(3);
  });

  test('that take SQS long are counted as it says, and not waited for', async () => {
    const tasks = Array.from({ length: 100 }, () => ({
      Status: 'RUNNING',
      ApproximateNumberOfMessagesMoved: 500,
      ApproximateNumberOfMessagesToMove: 90_000,
    }));
    const { jobs, pauses } = stubbed({ tasks });
    expect(await jobs.retryDead(null)).toBe(90_000);
    expect(pauses()).toBe(30);
  });

  test('that SQS stops moving are a failure, with its reason', async () => {
    const { jobs } = stubbed({ tasks: [{ Status: 'FAILED', FailureReason: 'AccessDenied' }] });
    await expect(jobs.retryDead(null)).rejects.toMatchObject({
      code: 'unavailable',
      cause: expect.objectContaining({ message: expect.stringContaining('AccessDenied') }),
    });
  });

  test('are moved one by one where the engine cannot, each sent before it is removed', async () => {
    const { jobs, sent } = stubbed({ batches: { [QUEUE]: [[letter('a'), letter('b')], [letter('c')]] } });
    expect(await jobs.retryDead(null)).toBe(3);
    const moves = sent.map(({ name }) => name).filter((name) => /^(Send|Delete|Change)/.test(name));
    expect(moves).toEqual(Array.from({ length: 3 }, () => ['SendMessage', 'DeleteMessage']).flat());
  });

  test('that were sent and cannot be removed are given back, and are there twice', async () => {
    const { jobs, of } = stubbed({
      batches: { [QUEUE]: [[letter('a'), letter('b')]] },
      fails: ({ name, input }) =>
        name === 'DeleteMessage' && input['ReceiptHandle'] === 'receipt of b'
          ? awsError('Busy', 503)
          : undefined,
    });
    await expect(jobs.retryDead(null)).rejects.toMatchObject({ code: 'unavailable' });
    expect(of('SendMessage')).toHaveLength(2);
    expect(of('ChangeMessageVisibilityBatch')).toMatchObject([
      { Entries: [{ ReceiptHandle: 'receipt of b' }] },
    ]);
  });
});

describe('what waits', () => {
  test('is counted by queue, with what is in hand, and all that is dead', async () => {
    const { client } = stubbedClient<SQSClient>(({ input }) => {
      const known = [PROCESSING, deadLettersOf(PROCESSING)];
      if (!known.includes(String(input['QueueUrl']))) throw awsError('QueueDoesNotExist', 400);
      return {
        Attributes: {
          ApproximateNumberOfMessages: '1',
          ApproximateNumberOfMessagesDelayed: '20',
          ApproximateNumberOfMessagesNotVisible: '300',
        },
      };
    });
    const jobs = new SqsDeadJobs({ client, queueUrl: PROCESSING, pause: async () => {} });
    expect(await jobs.countJobs()).toEqual([
      {
        name: 'tintype-jobs-process-image',
        waiting: 21,
        retried: null,
        in_hand: 300,
        dead: 321,
        failure: null,
      },
    ]);
  });
});

test.each(OUTAGES)('%s is `unavailable`, with the cause', async (_what, error) => {
  const { jobs } = stubbed({ fails: () => error });
  const failed = { code: 'unavailable', cause: error };
  await expect(jobs.listDead(1)).rejects.toMatchObject(failed);
  await expect(jobs.retryDead('a')).rejects.toMatchObject(failed);
  await expect(jobs.retryDead(null)).rejects.toMatchObject(failed);
  await expect(jobs.countJobs()).rejects.toMatchObject(failed);
});

test('a queue of jobs that is not there is a failure: its name must be wrong', async () => {
  const { jobs } = stubbed({
    fails: ({ input }) => (input['QueueUrl'] === undefined ? undefined : awsError('QueueDoesNotExist', 400)),
  });
  await expect(jobs.listDead(1)).rejects.toMatchObject({ code: 'unavailable' });
});

test('the queues are those of each kind, and that of uploads', () => {
  expect(queuesOf(QUEUE)).toEqual([
    QUEUE,
    `${QUEUE}-announce-event`,
    `${QUEUE}-erase-images`,
    `${QUEUE}-process-image`,
    `${QUEUE}-sync-search`,
    `${QUEUE}-withdraw-image`,
    'https://sqs.example.com/1/tintype-uploads',
  ]);
  expect(queuesOf('mine')).not.toContain(undefined);
});

describe('over SQS, emulated', () => {
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

  /** Queues of a home of its own, with dead letters in two of them. */
  async function openHome(name: string) {
    const queueUrl = await makeJobQueue(client, `${name}-jobs`);
    const processing = await makeJobQueue(client, queueOfKind(`${name}-jobs`, 'process-image'));
    const dead: Job[] = [];
    for (const queue of [queueUrl, processing, processing]) {
      const job = newJob();
      await client.send(
        new SendMessageCommand({ QueueUrl: await urlOf(deadLettersOf(queue)), MessageBody: bodyOf(job) }),
      );
      dead.push(job);
    }
    return { jobs: new SqsDeadJobs({ client, queueUrl, pause: async () => {} }), queueUrl, processing, dead };
  }

  async function urlOf(queue: string): Promise<string> {
    const QueueName = queue.slice(queue.lastIndexOf('/') + 1);
    return (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  }

  async function received(QueueUrl: string): Promise<(string | undefined)[]> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
    );
    return Messages.map(({ Body }) => Body);
  }

  test('a list takes nothing away, and may be made again at once', async () => {
    const { jobs, dead } = await openHome('listed');
    const first = await jobs.listDead(10);
    expect(first.map(({ job }) => job).sort()).toEqual(dead.map(bodyOf).sort());
    expect(new Set(first.map(({ id }) => id)).size).toBe(3);
    expect((await jobs.listDead(10)).map(({ id }) => id).sort()).toEqual(first.map(({ id }) => id).sort());
    expect(
      (await jobs.countJobs()).map(({ name, waiting, dead: laidAside }) => [name, waiting, laidAside]),
    ).toEqual([
      ['listed-jobs', 0, 1],
      ['listed-jobs-process-image', 0, 2],
    ]);
  });

  test('one is put back into its own queue, then all are', async () => {
    const { jobs, queueUrl, processing, dead } = await openHome('retried');
    const listed = await jobs.listDead(10);
    const [first, second, third] = dead.map(bodyOf);
    const id = listed.find(({ job }) => job === second)?.id ?? '';
    expect(await jobs.retryDead(id)).toBe(1);
    expect(await received(processing)).toEqual([second]);
    expect((await jobs.listDead(10)).map(({ job }) => job).sort()).toEqual([first, third].sort());
    expect(await jobs.retryDead(null)).toBe(2);
    expect(await received(queueUrl)).toEqual([first]);
    expect((await received(processing)).sort()).toEqual([second, third].sort());
    expect(await jobs.listDead(10)).toEqual([]);
    expect(await jobs.retryDead(null)).toBe(0);
  });
});
