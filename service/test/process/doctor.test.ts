import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedHome } from '../../src/compose/embedded.ts';
import { readConfig } from '../../src/config/config.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { renditionObjectKey } from '../../src/domain/object-key.ts';
import { createApp } from '../../src/http/app.ts';
import { imageSchema } from '../../src/http/schemas.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { silentLog } from '../support/silent-log.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { runTintype } from '../support/tintype-command.ts';
import { uploadImage } from './calls.ts';

// Real processes and real waiting.
beforeEach(onlyWhenLarge);

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const HEADERS = { 'content-type': 'image/jpeg', host: '127.0.0.1' };
const TWO_DAYS_MS = 48 * 3_600_000;

/** A data folder with an image of alice's, its jobs done, as its server has left it. */
async function filledFolder() {
  const dataDir = join(await temporaryFolder(), 'data');
  const home = await openEmbeddedHome(readConfig({}), { kind: 'embedded', dataDir }, silentLog);
  const app = createApp(home.contextFor('http://127.0.0.1:3000'));
  const path = '/images/upload?user_id=alice&tags=bird';
  const answer = await app.request(path, { method: 'POST', headers: HEADERS, body: new Uint8Array(JPEG) });
  const { image_id } = imageSchema.parse(await answer.json());
  await home.workOff();
  await home.close();
  return { dataDir, image_id };
}

/** A file that has lain there for so long. */
async function leave(path: string, age = TWO_DAYS_MS): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'bytes');
  const then = new Date(Date.now() - age);
  await utimes(path, then, then);
}

function change(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'index.db'));
  database.exec(sql);
  database.close();
}

test('a folder is examined, mended, and then found right; what is young stays', async () => {
  const { dataDir, image_id } = await filledFolder();
  const env = { DATA_DIR: dataDir };
  const right = await runTintype(['doctor', '--scrub'], env);
  expect(right).toEqual({ code: 0, stdout: '1 record, 3 objects, 1 user: all is right\n', stderr: '' });

  const gone = newImageId(Date.now() - TWO_DAYS_MS);
  const orphan = renditionObjectKey('alice', gone, 1, 'thumb.webp');
  const young = join(dataDir, 'objects', 'alice', newImageId(Date.now()));
  await leave(join(dataDir, 'objects', orphan));
  await leave(young, 0);
  await leave(join(dataDir, 'incoming', 'draft'));

  const found = await runTintype(['doctor', '--json'], env);
  expect(found.code).toBe(1);
  const lines = found.stdout.trimEnd().split('\n');
  const findings = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const expected = [
    { kind: 'orphan-object', image_id: gone, key: orphan, mended: false },
    { kind: 'temporary-file', name: 'draft', mended: false },
    { summary: { home: 'embedded', images: 1, users: 1, found: 2, mended: 0, unsettled: [] } },
  ];
  expect(findings).toMatchObject(expected);
  expect(found.stderr).toContain('looking again');

  const then = Date.now() - TWO_DAYS_MS;
  change(
    dataDir,
    `DELETE FROM image_tags; UPDATE users SET images = 7;
     UPDATE images SET created_at = ${then}, updated_at = ${then}`,
  );
  const mended = await runTintype(['doctor', '--fix'], env);
  expect(mended).toMatchObject({ code: 0, stderr: '' });
  expect(mended.stdout).toContain(`orphan-object      ${orphan}: 5 bytes of `);
  expect(mended.stdout).toMatch(
    new RegExp(`^wrong-listing +image ${image_id}: .*image_tags bird; put right$`, 'm'),
  );
  expect(mended.stdout).toMatch(/^wrong-count +user alice: counted are 7 images .*; put right$/m);
  expect(mended.stdout).toMatch(/^ +found +mended +left\norphan-object +1 +1 +0\n/m);
  expect(mended.stdout).toMatch(/: 4 wrong, 4 put right\n$/);
  const again = await runTintype(['doctor'], env);
  expect(again).toMatchObject({ code: 0, stdout: '1 record, 4 objects, 1 user: all is right\n' });
  expect(existsSync(young)).toBe(true);
  expect(existsSync(join(dataDir, 'objects', orphan))).toBe(false);
});

test('a record without bytes is told with all that it says before it goes', async () => {
  const { dataDir, image_id } = await filledFolder();
  const env = { DATA_DIR: dataDir };
  const lost = newImageId(Date.now() - TWO_DAYS_MS);
  const then = Date.now() - TWO_DAYS_MS;
  change(
    dataDir,
    `INSERT INTO images SELECT image + 1, x'${lost.replaceAll('-', '')}', user, filename, 'Osprey', description,
       '[]', content_type, size_bytes, width, height, checksum_sha256, status, rejection_reason, version, revision,
       ${then}, ${then}, ${then}, deleted_at, 'alice/${lost}', upload, due_at, background_revision, placeholder,
       NULL, exif, ${then}, former_versions FROM images;
     UPDATE users SET images = 2, bytes = 2 * bytes`,
  );
  const { code, stdout } = await runTintype(['doctor', '--fix', '--json'], env);
  expect(code).toBe(0);
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
    kind: 'missing-bytes',
    image_id: lost,
    removed_record: { image_id: lost, user_id: 'alice', title: 'Osprey' },
  });
  const server = await startServerProcess({ dataDir });
  expect((await fetch(`${server.url}/images/${lost}`)).status).toBe(404);
  expect((await fetch(`${server.url}/images/${image_id}`)).status).toBe(200);
});

test('while its server runs a folder is examined, and nothing in it mended', async () => {
  const server = await startServerProcess();
  const env = { DATA_DIR: server.dataDir };
  await uploadImage(server.url, 'raw', { bytes: JPEG, user_id: 'alice' });
  const found = await runTintype(['doctor'], env);
  expect(found.code).toBe(0);
  expect(found.stdout).toMatch(/^1 record, \d objects?, 1 user: all is right\n$/);
  const refused = await runTintype(['doctor', '--fix'], env);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/is in use by another Tintype server/);
});

test('on AWS, too, all parts of the home are looked at', async () => {
  const aws = await openInstallation();
  onTestFinished(() => aws.close());
  const { code, stdout } = await runTintype(['doctor', '--scrub', '--fix', '--json'], aws.environment);
  const summary = { home: 'aws', images: 0, objects: 0, users: 0, found: 0, mended: 0, unsettled: [] };
  expect([code, JSON.parse(stdout)]).toEqual([0, { summary }]);
});

test.each([['--all'], ['--mend'], ['now']])('%s is not understood, and says what is wrong', async (arg) => {
  const { code, stdout, stderr } = await runTintype(['doctor', arg], { DATA_DIR: await temporaryFolder() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(arg);
});

test('a folder without images is told, and none is made', async () => {
  const folder = join(await temporaryFolder(), 'none');
  const doctor = await runTintype(['doctor', '--fix'], { DATA_DIR: folder });
  expect(doctor).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no images') });
  expect(existsSync(folder)).toBe(false);
});
