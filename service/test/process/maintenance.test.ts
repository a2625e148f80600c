import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openInstallation } from '../support/aws-installation.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { runTintype } from '../support/tintype-command.ts';
import { sendUpload, uploadImage } from './calls.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const ALICE = { bytes: JPEG, user_id: 'alice' };

const usageAt = async (url: string) => (await fetch(`${url}/users/alice/usage`)).json();

test('limits in a data folder are seen while its server runs, and set while it does not', async () => {
  const first = await startServerProcess({ env: { MAX_IMAGES_PER_USER: '3' } });
  const env = { DATA_DIR: first.dataDir, MAX_IMAGES_PER_USER: '3' };
  await uploadImage(first.url, 'raw', ALICE);
  const seen = await runTintype(['quota', '--user', 'alice'], env);
  expect(seen).toMatchObject({ code: 0, stderr: '' });
  expect(seen.stdout).toContain('images: 1, of 3 (as everybody)');
  expect(seen.stdout).toContain(`bytes: ${JPEG.length}, no limit (as everybody)`);

  const lower = ['quota', '--user', 'alice', '--max-images', '1', '--max-bytes', '2KB'];
  const refused = await runTintype(lower, env);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^The data folder .* is in use by another Tintype server\. .*\n$/);
  await first.stop();
  const set = await runTintype(lower, env);
  expect(set).toMatchObject({ code: 0, stderr: '' });
  expect(set.stdout).toContain('images: 1, of 1 (their own)');
  expect(set.stdout).toContain('of 2000 (their own)');

  const second = await startServerProcess({ dataDir: first.dataDir });
  expect(await usageAt(second.url)).toMatchObject({ images: 1, max_images: 1, max_bytes: 2000 });
  expect((await sendUpload(second.url, 'raw', ALICE)).status).toBe(429);
  await second.stop();
  const lifted = await runTintype(['quota', '--user', 'alice', '--max-images', 'none'], env);
  expect(lifted.stdout).toContain('images: 1, no limit (their own)');
  expect(lifted.stdout).toContain('of 2000 (their own)');
  const back = await runTintype(['quota', '--user', 'alice', '--max-images', 'default'], env);
  expect(back.stdout).toContain('images: 1, of 3 (as everybody)');
});

test('the doctor finds the counts of a data folder right, and mends what somebody has spoilt', async () => {
  const server = await startServerProcess();
  const env = { DATA_DIR: server.dataDir };
  await uploadImage(server.url, 'raw', ALICE);
  const right = await runTintype(['doctor'], env);
  expect(right).toMatchObject({ code: 0, stderr: '' });
  expect(right.stdout).toBe(
    'quotas: 1 user, 1 image: the counts are right; they are written together with the records\n',
  );
  await server.stop();

  const database = new DatabaseSync(join(server.dataDir, 'index.db'));
  database.exec("UPDATE users SET images = 7, bytes = 70 WHERE user_id = 'alice'");
  database.close();
  const line = `user alice: counted are 7 images and 70 bytes, there are 1 image and ${JPEG.length} bytes`;
  const found = await runTintype(['doctor'], env);
  expect(found.code).toBe(1);
  expect(found.stdout).toContain(`${line}\n`);
  const mended = await runTintype(['doctor', '--mend'], env);
  expect(mended.code).toBe(0);
  expect(mended.stdout).toContain(`${line}; put right\n`);
  expect(await runTintype(['doctor'], env)).toMatchObject({ code: 0, stdout: right.stdout });
});

test('on AWS limits are set and counts recounted while the server runs', async () => {
  const aws = await openInstallation();
  onTestFinished(() => aws.close());
  const server = await startServerProcess({ env: aws.environment });
  await uploadImage(server.url, 'multipart', ALICE);
  const set = await runTintype(['quota', '--user', 'alice', '--max-images', '1'], aws.environment);
  expect(set).toMatchObject({ code: 0, stderr: '' });
  expect(set.stdout).toContain('images: 1, of 1 (their own)');
  expect((await sendUpload(server.url, 'json', ALICE)).status).toBe(429);
  const right = await runTintype(['doctor'], aws.environment);
  expect(right).toMatchObject({ code: 0, stdout: 'quotas: 1 user, 1 image: the counts are right\n' });
});

test.each([
  [['quota'], '--user is needed'],
  [['quota', '--user', ''], '--user must not be empty'],
  [['quota', '--user', 'a', '--max-images', '-1'], '--max-images'],
  [['quota', '--user', 'a', '--max-images', '1.5'], '--max-images must be a whole number, none or default'],
  [['quota', '--user', 'a', '--max-bytes', '10XB'], '--max-bytes must be a whole number or a size, none or'],
  [['doctor', '--all'], '--all'],
])('%j is not understood, and says what is wrong', async (args, reason) => {
  const { code, stdout, stderr } = await runTintype(args, { DATA_DIR: await temporaryFolder() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(reason);
});

test('a folder without images is told, and none is made', async () => {
  const folder = join(await temporaryFolder(), 'none');
  const quota = await runTintype(['quota', '--user', 'a', '--max-images', '1'], { DATA_DIR: folder });
  expect(quota).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no images') });
  const doctor = await runTintype(['doctor', '--mend'], { DATA_DIR: folder });
  expect(doctor).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no images') });
});
