import { CreateQueueCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../../test/emulators/credentials.ts';
import { startS3 } from '../../../test/emulators/s3/s3.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { awsError, OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { Attempt, CleanUpObject, Job } from '../../domain/job.ts';
import type { OutboxKey } from './dynamo-job-outbox.ts';
import { attemptOf, receivedJob, TRIES_OF_A_JOB } from './job-message.ts';
import { createSqsClient } from './sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from './sqs-job-queue.ts';

const QUEUE = 'https://sqs.example.com/1/jobs';

const NOTED: OutboxKey = { pk: 'DUE#job#1', sk: '2026-05-04T03:02:01.000Z#a' };

function newJob(): CleanUpObject {
  const { image_id, object_key } = sampleRecord();
  return { kind: 'clean-up-object', image_id, object_key };
}

function newProcessing(): Job {
  const { image_id, version } = sampleRecord();
  return { kind: 'process-image', image_id, version };
}

const messageOf = (name: string, body: unknown): Message => ({
  MessageId: name,
  ReceiptHandle: `receipt of ${name}`,
  Body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('a job that is queued', () => {
  test.each([
    ['later than any request lives', undefined, 60],
    ['at once, where that is wanted', () => 0, 0],
  ])('is one message, to be handed out %s', async (_when, given, delay) => {
    const { client, sent } = stubbedClient<SQSClient>(() => ({ MessageId: '1' }));
    const job = newJob();
    await createSqsJobQueue({ client, queueUrl: QUEUE }, given).enqueue(job);
    expect(sent.map(({ name }) => name)).toEqual(['SendMessage']);
    const { MessageBody, ...rest } = sent[0]?.input ?? {};
    expect(rest).toEqual({ QueueUrl: QUEUE, DelaySeconds: delay });
    expect(JSON.parse(String(MessageBody))).toEqual(job);
  });

  test.each([
    ['goes to the queue of its kind where there is one', true, newProcessing(), `${QUEUE}-process-image`, 0],
    ['goes to the one queue where there is no other', false, newProcessing(), QUEUE, 0],
    ['of a clean-up goes to the queue of jobs', true, newJob(), QUEUE, 60],
  ])('%s', async (_what, queuePerKind, job, QueueUrl, DelaySeconds) => {
    const { client, sent } = stubbedClient<SQSClient>(() => ({ MessageId: '1' }));
    await createSqsJobQueue({ client, queueUrl: QUEUE, queuePerKind }).enqueue(job);
    expect(sent[0]?.input).toEqual({ QueueUrl, DelaySeconds, MessageBody: JSON.stringify(job) });
  });

  test('says where it is written down, if it is, and whoever receives it knows both', async () => {
    const { client, sent } = stubbedClient<SQSClient>(() => ({ MessageId: '1' }));
    const job = newProcessing();
    await createSqsJobQueue({ client, queueUrl: QUEUE }).enqueue(job, NOTED);
    expect(receivedJob(String(sent[0]?.input['MessageBody']))).toEqual({ job, noted: NOTED });
  });

  test.each(['\ufffe', 'a\uffffb', '𒍋', 'Zoë\u2028', '\u{10ffff}'])(
    'of a user called %j is a message in ASCII, for SQS refuses some characters, and is received as it was',
    async (user_id) => {
      const { client, sent } = stubbedClient<SQSClient>(() => ({ MessageId: '1' }));
      const job: Job = { kind: 'erase-images', user_id, before: 1 };
      await createSqsJobQueue({ client, queueUrl: QUEUE }).enqueue(job);
      const body = String(sent[0]?.input['MessageBody']);
      expect(body).toMatch(/^[\x20-\x7e]+$/);
      expect(receivedJob(body).job).toMatchObject({ user_id });
    },
  );

  test.each(OUTAGES)(
    'but not taken, because of %s, is `unavailable`, with the cause',
    async (_what, error) => {
      const { client } = stubbedClient<SQSClient>(() => Promise.reject(error));
      const queue = createSqsJobQueue({ client, queueUrl: QUEUE });
      await expect(queue.enqueue(newJob())).rejects.toMatchObject({ code: 'unavailable', cause: error });
    },
  );
});

describe('a message', () => {
  test.each([
    ['nothing', undefined],
    ['no place', {}],
    ['half a place', { pk: NOTED.pk }],
    ['a place that is no text', { pk: 1, sk: 2 }],
    ['a text', 'DUE#job#1'],
    ['null', null],
  ])('is a job that is not written down where it says %s of that', (_what, outbox) => {
    const job = newJob();
    expect(receivedJob(JSON.stringify({ ...job, outbox }))).toEqual({ job, noted: undefined });
  });

  test.each(['process, please', '', 'null', '{}', JSON.stringify({ outbox: NOTED })])(
    'that is no job is refused: %j',
    (text) => {
      expect(() => receivedJob(text)).toThrow();
    },
  );

  test.each([
    [undefined, 1, false],
    ['1', 1, false],
    [String(TRIES_OF_A_JOB - 1), TRIES_OF_A_JOB - 1, false],
    [String(TRIES_OF_A_JOB), TRIES_OF_A_JOB, true],
    [String(TRIES_OF_A_JOB + 1), TRIES_OF_A_JOB + 1, true],
    ['0', 1, false],
    ['often', 1, false],
  ])('that was handed out %s times is that try of its job', (received, number, isLast) => {
    expect(attemptOf(received)).toEqual({ number, isLast });
  });
});

/** Waits as a long poll does while there is nothing, and ends as the SDK does when it is told to. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    });
  });
}

type Batch = readonly Message[] | Error;

interface WorkerOptions {
  readonly work?: (job: Job, attempt: Attempt) => Promise<void>;
  readonly forget?: (noted: OutboxKey) => Promise<void>;
  readonly onDelete?: () => unknown;
  readonly afterFailureMs?: number;
}

/** A worker at a queue that hands out these batches, or fails, one after another, and then has nothing. */
function workerAt(
  batches: readonly Batch[],
  { work, forget = async () => {}, onDelete, afterFailureMs = 0 }: WorkerOptions = {},
) {
  const left = [...batches];
  const deleted: unknown[] = [];
  const { client, sent } = stubbedClient<SQSClient>(({ name, input }, _nth, _original, signal) => {
    if (name === 'DeleteMessage') {
      deleted.push(input['ReceiptHandle']);
      return onDelete?.() ?? {};
    }
    const next = left.shift();
    if (next instanceof Error) throw next;
    return next ? { Messages: next } : untilAborted(signal);
  });
  const log = recordingLog();
  const done: Job[] = [];
  const doIt = async (job: Job, attempt: Attempt) => {
    await work?.(job, attempt);
    done.push(job);
  };
  const worker = startSqsWorker({ client, queueUrl: QUEUE }, { work: doIt, forget, log, afterFailureMs });
  onTestFinished(() => worker.stop());
  const polls = () => sent.filter(({ name }) => name === 'ReceiveMessage');
  /** Resolves when it has been through all batches and waits for more. */
  const idle = () => vi.waitFor(() => expect(polls()).toHaveLength(batches.length + 1), { timeout: 10_000 });
  return { worker, log: log.entries, sent, done, deleted, polls, idle };
}

describe('a worker', () => {
  test('takes a message, does the job, and then deletes the message, again and again', async () => {
    const jobs = [newJob(), newJob()];
    const steps: string[] = [];
    const { idle, done, sent, log } = workerAt(
      jobs.map((job, n) => [messageOf(`${n}`, job)]),
      { work: async () => void steps.push('work'), onDelete: () => void steps.push('delete') },
    );
    await idle();
    expect(done).toEqual(jobs);
    expect(steps).toEqual(['work', 'delete', 'work', 'delete']);
    expect(sent.filter(({ name }) => name === 'DeleteMessage').map(({ input }) => input)).toEqual([
      { QueueUrl: QUEUE, ReceiptHandle: 'receipt of 0' },
      { QueueUrl: QUEUE, ReceiptHandle: 'receipt of 1' },
    ]);
    expect(log).toEqual([]);
  });

  test('asks for one message at a time, waiting as long as SQS lets it', async () => {
    const { idle, polls } = workerAt([[], []]);
    await idle();
    for (const { input } of polls()) {
      expect(input).toEqual({
        QueueUrl: QUEUE,
        WaitTimeSeconds: 20,
        MaxNumberOfMessages: 1,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
    }
  });

  test('removes the note of a job, if it has one, before it does the job', async () => {
    const [noted, plain] = [newProcessing(), newJob()];
    const steps: unknown[] = [];
    const { idle, deleted } = workerAt(
      [[messageOf('noted', { ...noted, outbox: NOTED })], [messageOf('plain', plain)]],
      { forget: async (key) => void steps.push(key), work: async (job) => void steps.push(job) },
    );
    await idle();
    expect(steps).toEqual([NOTED, noted, plain]);
    expect(deleted).toHaveLength(2);
  });

  test('that cannot remove a note leaves the job in the queue, undone, and logs that', async () => {
    const failure = new Error('the table is away');
    const { idle, done, deleted, log } = workerAt([[messageOf('1', { ...newProcessing(), outbox: NOTED })]], {
      forget: () => Promise.reject(failure),
    });
    await idle();
    expect([done, deleted]).toEqual([[], []]);
    expect(log).toMatchObject([{ level: 'error', fields: { err: failure, message_id: '1' } }]);
  });

  test('says which try it is, and whether it is the last', async () => {
    const attempts: Attempt[] = [];
    const counts = ['1', '4', String(TRIES_OF_A_JOB)];
    const messages = counts.map((ApproximateReceiveCount, n) => ({
      ...messageOf(`${n}`, newJob()),
      Attributes: { ApproximateReceiveCount },
    }));
    const { idle } = workerAt([messages], { work: async (_job, attempt) => void attempts.push(attempt) });
    await idle();
    expect(attempts).toEqual([
      { number: 1, isLast: false },
      { number: 4, isLast: false },
      { number: TRIES_OF_A_JOB, isLast: true },
    ]);
  });

  test('leaves the message of a job that fails in the queue, logs it, and goes on', async () => {
    const failure = new Error('the store is away');
    const [bad, good] = [newJob(), newJob()];
    const { idle, done, deleted, log } = workerAt([[messageOf('bad', bad)], [messageOf('good', good)]], {
      work: async (job) => {
        if ('image_id' in job && job.image_id === bad.image_id) throw failure;
      },
    });
    await idle();
    expect(done).toEqual([good]);
    expect(deleted).toEqual(['receipt of good']);
    expect(log).toMatchObject([{ level: 'error', fields: { err: failure, message_id: 'bad' } }]);
  });

  test.each([
    ['no JSON', 'clean up, please'],
    ['nothing', ''],
    ['no object', 'null'],
    ['a job that is not known', { ...newJob(), kind: 'send-flowers' }],
    ['a job without a key', { ...newJob(), object_key: undefined }],
    ['a job with a key that is none', { ...newJob(), object_key: '../../etc/passwd' }],
  ])('takes %s for no job: it is logged and left, and the others of its batch are done', async (_w, body) => {
    const [first, last] = [newJob(), newJob()];
    const batch = [messageOf('first', first), messageOf('none', body), messageOf('last', last)];
    const { idle, done, deleted, log } = workerAt([batch]);
    await idle();
    expect(done).toEqual([first, last]);
    expect(deleted).toEqual(['receipt of first', 'receipt of last']);
    expect(log).toMatchObject([{ level: 'error', fields: { message_id: 'none' } }]);
  });

  test('that cannot delete a message logs that and goes on: the job will be done twice', async () => {
    const error = awsError('ThrottlingException', 400);
    const jobs = [newJob(), newJob()];
    const failing = { onDelete: () => Promise.reject(error) };
    const { idle, done, log } = workerAt([jobs.map((job, n) => messageOf(`${n}`, job))], failing);
    await idle();
    expect(done).toEqual(jobs);
    expect(log.map(({ fields }) => [fields['err'], fields['message_id']])).toEqual([
      [error, '0'],
      [error, '1'],
    ]);
  });

  test.each(OUTAGES)(
    'that cannot read the queue, because of %s, logs that and goes on',
    async (_w, error) => {
      const job = newJob();
      const { idle, done, log } = workerAt([error, error, [messageOf('1', job)]]);
      await idle();
      expect(done).toEqual([job]);
      expect(log).toMatchObject([
        { level: 'error', fields: { err: error } },
        { level: 'error', fields: { err: error } },
      ]);
    },
  );
});

describe('stopping a worker', () => {
  test('that waits for messages ends the waiting, and is no failure', async () => {
    const { worker, idle, log, polls } = workerAt([]);
    await idle();
    await worker.stop();
    expect([log, polls().length]).toEqual([[], 1]);
  });

  test('that waits after a failure ends the waiting', async () => {
    const { worker, log, polls } = workerAt([new Error('away')], { afterFailureMs: 2 ** 30 });
    await vi.waitFor(() => expect(log).toHaveLength(1), { timeout: 10_000 });
    await worker.stop();
    expect(polls()).toHaveLength(1);
  });

  test('that is at a job waits for the job and its message, and starts no other', async () => {
    const job = newJob();
    const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const work = async () => {
      begun.resolve();
      await finish.promise;
    };
    const batch = [messageOf('1', job), messageOf('2', newJob())];
    const { worker, done, deleted, polls, log } = workerAt([batch], { work });
    await begun.promise;
    let stopped = false;
    const stopping = worker.stop().then(() => {
      stopped = true;
    });
    await new Promise(setImmediate);
    expect(stopped).toBe(false);
    finish.resolve();
    await stopping;
    expect(done).toEqual([job]);
    expect(deleted).toEqual(['receipt of 1']);
    expect([polls().length, log]).toEqual([1, []]);
  });

  test('twice is as good as once', async () => {
    const { worker, idle } = workerAt([]);
    await idle();
    await Promise.all([worker.stop(), worker.stop()]);
  });
});

describe('over SQS itself, as the emulator has it', () => {
  const started = startS3();
  afterAll(async () => (await started).stop());

  test('what is queued is done and gone, and what fails comes again', async () => {
    const { sqsEndpoint } = await started;
    const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
    const client = createSqsClient({ ...settings, endpoint: sqsEndpoint });
    onTestFinished(() => client.destroy());
    const { QueueUrl: queueUrl = '' } = await client.send(
      new CreateQueueCommand({ QueueName: 'jobs', Attributes: { VisibilityTimeout: '0' } }),
    );
    const [good, bad] = [newJob(), newJob()];
    const queue = createSqsJobQueue({ client, queueUrl }, () => 0);
    for (const job of [bad, good]) await queue.enqueue(job);
    const done: string[] = [];
    const log = recordingLog();
    let failures = 2;
    const tries: number[] = [];
    const work = async (job: Job, { number }: Attempt) => {
      const { image_id } = job as CleanUpObject;
      if (image_id === bad.image_id) tries.push(number);
      if (image_id === bad.image_id && failures-- > 0) throw new Error('not yet');
      done.push(image_id);
    };
    const worker = startSqsWorker({ client, queueUrl }, { work, forget: async () => {}, log });
    await vi.waitFor(() => expect(done).toHaveLength(2), { timeout: 10_000 });
    await worker.stop();
    expect(new Set(done)).toEqual(new Set([good.image_id, bad.image_id]));
    expect(log.entries).toHaveLength(2);
    expect(tries).toEqual([1, 2, 3]);
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages ?? []).toEqual([]);
  });
});
