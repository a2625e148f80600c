import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { afterAll, expect, onTestFinished, vi } from 'vitest';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { openAwsLinks } from '../../src/compose/aws-links.ts';
import { openAwsWebhooks } from '../../src/compose/aws-webhooks.ts';
import { openDoors } from '../../src/compose/doors.ts';
import { readConfig } from '../../src/config/config.ts';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import type { Attempt, Job } from '../../src/domain/job.ts';
import { createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import type { OutboxKey } from '../../src/drivers/aws/dynamo-job-outbox.ts';
import { receivedJob } from '../../src/drivers/aws/job-message.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import { setUpAws } from '../../src/drivers/aws/set-up.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { createSqsJobQueue, startSqsWorker } from '../../src/drivers/aws/sqs-job-queue.ts';
import { createApp } from '../../src/http/app.ts';
import { doJob } from '../../src/operations/background/do-job.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { startS3 } from '../emulators/s3/s3.ts';
import { expectProblem } from './answers.ts';
import { Faults, WORDS_OF_AWS } from './faults.ts';
import { watchLeaks } from './leaks.ts';
import { ALL, listed } from './listed.ts';
import { recordingLog } from './recording-log.ts';
import { ScriptedRenderer } from './scripted-renderer.ts';
import { SettableClock } from './settable-clock.ts';
import { keysOf } from './stored-bytes.ts';
import { newPng, upload, uploadCall } from './uploads.ts';
import { workOffQueue } from './work-off-queue.ts';

const SECRET = 'a secret of these tests alone and long enough';
const PUBLIC_URL = 'http://127.0.0.1:3000';

const SETTINGS = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };

export interface FaultyHomeOptions {
  /** In place of the emulators', once everything is set up. */
  readonly endpoints?: { readonly dynamodb?: string; readonly s3?: string };
  /** Of the clients of S3 and DynamoDB. */
  readonly silenceMs?: number;
  /** What differs from an environment that says no more than where everything is. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Does a job; where it is not said all are done but those that make something of an image. */
  readonly work?: (deps: Deps, job: Job, attempt: Attempt) => Promise<void>;
}

async function workOnKeeping(deps: Deps, job: Job, attempt: Attempt): Promise<void> {
  // What is made of an image is no matter of most of these tests.
  if (job.kind === 'process-image') return;
  await doJob({ ...deps, scanner: undefined, searchFeed: undefined, keepGps: false }, job, attempt);
}

let running: ReturnType<typeof startEmulators> | undefined;
let opened = 0;

/** Always emulators in this process, shared by a file: what is tested is what happens on the way to them. */
async function startEmulators() {
  const [dynamodb, s3] = await Promise.all([startDynamoDb(), startS3()]);
  const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint };
  const clients = createAwsClients({ ...SETTINGS, endpoints, s3PathStyle: true });
  const sqs = createSqsClient({ ...SETTINGS, endpoint: s3.sqsEndpoint });
  return {
    endpoints,
    sqsEndpoint: s3.sqsEndpoint,
    clients: { ...clients, sqs },
    async stop() {
      destroyAwsClients(clients);
      sqs.destroy();
      await Promise.all([dynamodb.stop(), s3.stop()]);
    },
  };
}

afterAll(async () => (await running)?.stop());

interface NewStorage {
  readonly storage: AwsStorageConfig;
  /** By which a process finds it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A bucket, tables and a queue, all new and empty. */
async function newStorage({ clients }: Awaited<ReturnType<typeof startEmulators>>): Promise<NewStorage> {
  const name = `faulty-${++opened}`;
  const wanted = {
    bucket: name,
    tables: {
      images: `${name}-images`,
      listings: `${name}-listings`,
      ledger: `${name}-ledger`,
      audit: `${name}-audit`,
    },
    queue: name,
    shards: 4,
  };
  await setUpAws(clients, wanted, () => {});
  const { QueueUrl = '' } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  const environment = {
    STORAGE: 'aws',
    IMAGES_BUCKET: name,
    IMAGES_TABLE: wanted.tables.images,
    LISTINGS_TABLE: wanted.tables.listings,
    LEDGER_TABLE: wanted.tables.ledger,
    AUDIT_TABLE: wanted.tables.audit,
    JOBS_QUEUE_URL: QueueUrl,
    LISTING_SHARDS: '4',
  };
  const { storage } = readConfig({ ...environment, SIGNING_SECRET: SECRET });
  if (storage.kind !== 'aws') throw new Error('This is not the AWS home.');
  return { storage, environment };
}

/** An AWS home on emulators, empty, with faults on its way to them; for one test. */
export async function openFaultyHome({
  endpoints,
  silenceMs,
  variables,
  work = workOnKeeping,
}: FaultyHomeOptions = {}) {
  running ??= startEmulators();
  const emulators = await running;
  const { storage, environment } = await newStorage(emulators);
  const settings = { ...SETTINGS, ...(silenceMs === undefined ? {} : { silenceMs }) };
  const places = { ...emulators.endpoints, ...endpoints };
  const clients = createAwsClients({ ...settings, endpoints: places, s3PathStyle: true });
  const sqs = createSqsClient({ ...SETTINGS, endpoint: emulators.sqsEndpoint });
  onTestFinished(() => {
    destroyAwsClients(clients);
    sqs.destroy();
  });
  const faults = new Faults();
  for (const client of [clients.dynamodb, clients.s3, sqs]) faults.attach(client);
  const recorded = recordingLog();
  const leaks = watchLeaks([SECRET]);
  const log = leaks.log(recorded);
  onTestFinished(() => leaks.mustBeClean());
  const queue = { client: sqs, queueUrl: storage.jobsQueueUrl };
  const jobs = createSqsJobQueue(queue, () => 0);
  const queued: Job[] = [];
  let taken = 0;
  const enqueue = async (job: Job, noted?: OutboxKey) => {
    await jobs.enqueue(job, noted);
    taken++;
    if (job.kind === 'clean-up-object') queued.push(job);
  };
  const config = readConfig({
    PUBLIC_URL,
    LOG_LEVEL: 'silent',
    SIGNING_SECRET: SECRET,
    ...environment,
    ...variables,
  });
  const { contextFor, outbox } = composeOverAws(config, storage, {
    clients,
    jobs: { enqueue },
    log,
    renderer: new ScriptedRenderer(),
    openLinks: openAwsLinks,
    openWebhooks: openAwsWebhooks,
    uploads: new S3UploadStore({ client: clients.s3, copier: clients.s3, bucket: storage.bucket }),
  });
  const composed = { ...contextFor(PUBLIC_URL), ...openDoors(config) };
  const clock = new SettableClock(composed.deps.clock);
  const context = { ...composed, deps: { ...composed.deps, clock } };
  const app = createApp(context);
  const { deps } = context;
  const receive = async (text: string, attempt: Attempt) => {
    const { job, noted } = receivedJob(text);
    if (noted) await outbox.forget(noted);
    await work(deps, job, attempt);
  };
  return {
    clients,
    storage,
    queue,
    deps,
    clock,
    /** Where jobs are written down until their queue has them. */
    outbox,
    faults,
    /** Does what a message of the queue says, as a function does that is handed it. */
    receive,
    log: recorded.entries,
    /** Jobs that failures have left, and the queue has taken: not those that every change causes. */
    queued,
    request: async (path: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('host', '127.0.0.1');
      const response = await app.request(new Request(`${PUBLIC_URL}${path}`, { ...init, headers }));
      if (response.status >= 400) leaks.text('An answer', await response.clone().text());
      return response;
    },
    stored: async () => ({ objects: await keysOf(deps.objects), records: await listed(deps.index, ALL) }),
    /** Does all jobs that are in the queue, however many have come by whatever way. */
    async drain(): Promise<void> {
      await workOffQueue(queue, (text) => receive(text, { number: 1, isLast: false }), log);
      queued.length = 0;
      taken = 0;
    },
    /** Does all jobs that are in the queue. */
    async workOff(): Promise<void> {
      let done = 0;
      const counted = async (job: Job, attempt: Attempt) => {
        await work(deps, job, attempt);
        done++;
      };
      const worker = startSqsWorker(queue, { work: counted, forget: (noted) => outbox.forget(noted), log });
      await vi.waitFor(
        () => {
          if (done < taken) throw new Error(`${done} of ${taken} jobs are done.`);
        },
        { timeout: 20_000 },
      );
      await worker.stop();
      queued.length = 0;
      taken = 0;
    },
  };
}

export type FaultyHome = Awaited<ReturnType<typeof openFaultyHome>>;

export async function tryUpload(home: FaultyHome): Promise<Response> {
  const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'alice', tags: ['sea', 'dusk'] });
  return home.request(path, init);
}

/** 503 as the API tells it, with nothing in it of what AWS has said. */
export async function expectUnavailable(response: Response): Promise<void> {
  const problem = await expectProblem(response, 'unavailable');
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  for (const word of [WORDS_OF_AWS, 'Exception', 'arn:', 'timed out', 'SlowDown', 'AWS', 'Dynamo', 'S3']) {
    expect(JSON.stringify(problem)).not.toContain(word);
  }
}

/** From now on the S3 client has no credentials; returns what gives them back. */
export function breakCredentials({ clients }: FaultyHome): () => void {
  const { config } = clients.s3;
  const { credentials } = config;
  config.credentials = async () => {
    throw Object.assign(new Error(WORDS_OF_AWS), { name: 'CredentialsProviderError' });
  };
  return () => {
    config.credentials = credentials;
  };
}

/** Such a home with one image in it, and what is done to that. */
export async function homeWithImage() {
  const home = await openFaultyHome();
  const { image_id } = await upload(home);
  const remove = () => home.request(`/images/${image_id}`, { method: 'DELETE' });
  const view = () => home.request(`/images/${image_id}`);
  return { home, image_id, remove, view };
}
