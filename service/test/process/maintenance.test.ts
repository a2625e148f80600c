import { join } from 'node:path';
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

test('on AWS limits are set while the server runs, and the doctor finds all counted right', async () => {
  const aws = await openInstallation();
  onTestFinished(() => aws.close());
  const server = await startServerProcess({ env: aws.environment });
  await uploadImage(server.url, 'multipart', ALICE);
  const set = await runTintype(['quota', '--user', 'alice', '--max-images', '1'], aws.environment);
  expect(set).toMatchObject({ code: 0, stderr: '' });
  expect(set.stdout).toContain('images: 1, of 1 (their own)');
  expect((await sendUpload(server.url, 'json', ALICE)).status).toBe(429);
  const right = await runTintype(['doctor'], aws.environment);
  expect(right.code).toBe(0);
  expect(right.stdout).toMatch(/^1 record, \d objects?, 1 user: all is right\n$/);
});

test.each([
  [['quota'], '--user is needed'],
  [['quota', '--user', ''], '--user must not be empty'],
  [['quota', '--user', 'a', '--max-images', '-1'], '--max-images'],
  [['quota', '--user', 'a', '--max-images', '1.5'], '--max-images must be a whole number, none or default'],
  [['quota', '--user', 'a', '--max-bytes', '10XB'], '--max-bytes must be a whole number or a size, none or'],
])('%j is not understood, and says what is wrong', async (args, reason) => {
  const { code, stdout, stderr } = await runTintype(args, { DATA_DIR: await temporaryFolder() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(reason);
});

test('a folder without images is told, and none is made', async () => {
  const folder = join(await temporaryFolder(), 'none');
  const quota = await runTintype(['quota', '--user', 'a', '--max-images', '1'], { DATA_DIR: folder });
  expect(quota).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no images') });
});
