import { CreateQueueCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../../../test/emulators/credentials.ts';
import { startS3 } from '../../../test/emulators/s3/s3.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { awsError, OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { Job } from '../../domain/job.ts';
import { createSqsClient } from './sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from './sqs-job-queue.ts';

const QUEUE = 'https://sqs.example.com/1/jobs';

function newJob(): Job {
  const { image_id, object_key } = sampleRecord();
  return { kind: 'clean-up-object', image_id, object_key };
}

const messageOf = (name: string, body: unknown): Message => ({
  MessageId: name,
  ReceiptHandle: `receipt of ${name}`,
  Body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('a job that is queued', () => {
  test.each([
    ['later than any request lives', undefined, 60],
    ['at once, where that is wanted', 0, 0],
  ])('is one message, to be handed out %s', async (_when, given, delay) => {
    const { client, sent } = stubbedClient<SQSClient>(() => ({ MessageId: '1' }));
    const job = newJob();
    await createSqsJobQueue({ client, queueUrl: QUEUE }, given).enqueue(job);
    expect(sent.map(({ name }) => name)).toEqual(['SendMessage']);
    const { MessageBody, ...rest } = sent[0]?.input ?? {};
    expect(rest).toEqual({ QueueUrl: QUEUE, DelaySeconds: delay });
    expect(JSON.parse(String(MessageBody))).toEqual(job);
  });

  test.each(OUTAGES)(
    'but not taken, because of %s, is `unavailable`, with the cause',
    async (_what, error) => {
      const { client } = stubbedClient<SQSClient>(() => Promise.reject(error));
      const queue = createSqsJobQueue({ client, queueUrl: QUEUE });
      await expect(queue.enqueue(newJob())).rejects.toMatchObject({ code: 'unavailable', cause: error });
    },
  );
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
  readonly work?: (job: Job) => Promise<void>;
  readonly onDelete?: () => unknown;
  readonly afterFailureMs?: number;
}

/** A worker at a queue that hands out these batches, or fails, one after another, and then has nothing. */
function workerAt(batches: readonly Batch[], { work, onDelete, afterFailureMs = 0 }: WorkerOptions = {}) {
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
  const doIt = async (job: Job) => {
    await work?.(job);
    done.push(job);
  };
  const worker = startSqsWorker({ client, queueUrl: QUEUE }, doIt, log, afterFailureMs);
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
      expect(input).toEqual({ QueueUrl: QUEUE, WaitTimeSeconds: 20, MaxNumberOfMessages: 1 });
    }
  });

  test('leaves the message of a job that fails in the queue, logs it, and goes on', async () => {
    const failure = new Error('the store is away');
    const [bad, good] = [newJob(), newJob()];
    const { idle, done, deleted, log } = workerAt([[messageOf('bad', bad)], [messageOf('good', good)]], {
      work: async (job) => {
        if (job.image_id === bad.image_id) throw failure;
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
    const queue = createSqsJobQueue({ client, queueUrl }, 0);
    for (const job of [bad, good]) await queue.enqueue(job);
    const done: Job[] = [];
    const log = recordingLog();
    let failures = 2;
    const work = async (job: Job) => {
      if (job.image_id === bad.image_id && failures-- > 0) throw new Error('not yet');
      done.push(job);
    };
    const worker = startSqsWorker({ client, queueUrl }, work, log);
    await vi.waitFor(() => expect(done).toHaveLength(2), { timeout: 10_000 });
    await worker.stop();
    expect(new Set(done.map(({ image_id }) => image_id))).toEqual(new Set([good.image_id, bad.image_id]));
    expect(log.entries).toHaveLength(2);
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages ?? []).toEqual([]);
  });
});
