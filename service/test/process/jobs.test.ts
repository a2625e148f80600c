import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { Job } from '../../src/domain/job.ts';
import { deadLettersOf } from '../../src/drivers/aws/queues.ts';
import { imageSchema } from '../../src/http/schemas.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { startFakeClamd } from '../support/fake-clamd.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { runTintype } from '../support/tintype-command.ts';
import { uploadImage } from './calls.ts';

// Real processes and real waiting.
beforeEach(onlyWhenLarge);

const ALICE = { bytes: SMALL_IMAGES['image/jpeg'].bytes, user_id: 'alice' };

/** Far above what anything here takes: a worker looks again every five seconds. */
const DEADLINE = { timeout: 30_000 };

async function imageAt(url: string, imageId: string) {
  return imageSchema.parse(await (await fetch(`${url}/images/${imageId}`)).json());
}

/** What `jobs list` says to programs. */
async function listed(env: Readonly<Record<string, string>>, ...options: string[]) {
  const { code, stdout, stderr } = await runTintype(['jobs', 'list', '--json', ...options], env);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as {
    counts: { name: string; waiting: number; retried: number; dead: number; failure: string | null }[];
    dead: { id: string; job: Job; tries: number; failure: string | null }[];
  };
}

/** Lays all jobs of a data folder aside, as the last of many tries would hours later. */
function layAside(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'index.db'), { timeout: 5000 });
  database.exec('UPDATE jobs SET is_dead = 1');
  database.close();
}

/** A scanner that finds nothing in anything. */
async function startClamdAt(path: string): Promise<void> {
  const fake = await startFakeClamd(async (caller) => {
    await caller.object();
    await caller.say('stream: OK\0');
    caller.socket.end();
  }, path);
  onTestFinished(() => fake.stop());
}

test('a job that has died for want of a scanner is listed, and done when it is retried, while the server runs', async () => {
  const clamd = join(await temporaryFolder(), 'clamd.sock');
  const server = await startServerProcess({ env: { SCANNER: 'clamd', CLAMD_ADDRESS: clamd } });
  const env = { DATA_DIR: server.dataDir };
  const { image_id } = await uploadImage(server.url, 'raw', ALICE);

  await expect
    .poll(async () => (await listed(env)).counts, DEADLINE)
    .toMatchObject([
      { name: 'process-image', waiting: 1, retried: 1, dead: 0, failure: expect.stringMatching(/./) },
    ]);
  layAside(server.dataDir);
  const { counts, dead } = await listed(env);
  expect(counts).toMatchObject([{ name: 'process-image', waiting: 0, dead: 1, failure: null }]);
  expect(dead).toMatchObject([
    { job: { kind: 'process-image', image_id, version: 1 }, failure: expect.stringMatching(/./) },
  ]);
  const [{ id = '' } = {}] = dead;
  const shown = await runTintype(['jobs', 'list'], env);
  expect(shown.stdout).toMatch(/^process-image: 0 waiting, 1 dead$/m);
  expect(shown.stdout).toContain(`${id}: kind process-image, image_id ${image_id}, version 1\n`);

  const none = await runTintype(['jobs', 'retry', '4711'], env);
  expect([none.code, none.stdout]).toEqual([1, '']);
  expect(none.stderr).toContain('There is no dead job "4711"');
  await startClamdAt(clamd);
  const retried = await runTintype(['jobs', 'retry', id], env);
  expect(retried).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^1 job to be tried again/),
  });
  await expect
    .poll(async () => (await imageAt(server.url, image_id)).placeholder !== null, DEADLINE)
    .toBe(true);
  await expect.poll(() => listed(env), DEADLINE).toEqual({ counts: [], dead: [] });
  const again = await runTintype(['jobs', 'retry', '--all'], env);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to retry') });
});

test('dead jobs of a stopped server are retried all at once, and done when it starts', async () => {
  const first = await startServerProcess({ env: { SCANNER: 'clamd', CLAMD_ADDRESS: '/nowhere/clamd.sock' } });
  const env = { DATA_DIR: first.dataDir };
  for (let images = 0; images < 3; images++) await uploadImage(first.url, 'raw', ALICE);
  await first.stop();
  layAside(first.dataDir);
  const { counts, dead } = await listed(env, '--limit', '2');
  expect([counts[0]?.dead, dead.length]).toEqual([3, 2]);
  const retried = await runTintype(['jobs', 'retry', '--all'], env);
  expect(retried).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 jobs to be tried again/) });
  const clamd = join(await temporaryFolder(), 'clamd.sock');
  await startServerProcess({ dataDir: first.dataDir, env: { SCANNER: 'clamd', CLAMD_ADDRESS: clamd } });
  await startClamdAt(clamd);
  await expect.poll(() => listed(env), DEADLINE).toEqual({ counts: [], dead: [] });
});

test('dead letters on AWS are listed, and done by the server when they are retried', async () => {
  const aws = await openInstallation();
  onTestFinished(() => aws.close());
  const { clients, storage, environment } = aws;
  const server = await startServerProcess({ env: environment });
  const { image_id } = await uploadImage(server.url, 'raw', ALICE);
  const id = newImageId(0);
  const job: Job = { kind: 'clean-up-object', image_id: id, object_key: `alice/${id}` };
  const QueueUrl = deadLettersOf(storage.jobsQueueUrl);
  await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(job) }));

  const { dead } = await listed(environment);
  expect(dead).toMatchObject([{ job, tries: 5, failure: null }]);
  const retried = await runTintype(['jobs', 'retry', '--all'], environment);
  expect(retried).toMatchObject({ code: 0, stderr: '', stdout: '1 job moved back into the queue.\n' });
  const name = storage.jobsQueueUrl.slice(storage.jobsQueueUrl.lastIndexOf('/') + 1);
  await expect
    .poll(async () => (await listed(environment)).counts, DEADLINE)
    .toMatchObject([{ name, waiting: 0, in_hand: 0, dead: 0 }]);
  expect((await imageAt(server.url, image_id)).image_id).toBe(image_id);
});

test('a folder without images and a home without a queue are told', async () => {
  const folder = join(await temporaryFolder(), 'none');
  const embedded = await runTintype(['jobs', 'list'], { DATA_DIR: folder });
  expect(embedded).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('holds no images') });
  const aws = await runTintype(['jobs', 'list'], { STORAGE: 'aws', IMAGES_BUCKET: 'images' });
  expect(aws).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('JOBS_QUEUE_URL') });
});
