import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { startS3 } from '../emulators/s3/s3.ts';
import { ROOT } from '../support/server-process.ts';

const DIST = join(ROOT, 'web/dist');
const BUCKET = 'tintype-test-gallery';
const SCRIPT = ['--import', './scripts/require-node.mjs', 'scripts/publish-gallery.ts'];

/** What the script prints on standard output, over an S3 of the test's own. */
async function publish(endpoint: string, ...args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
  };
  const arguments_ = [...SCRIPT, '--region', EMULATOR_REGION, ...args];
  return (await promisify(execFile)(process.execPath, arguments_, { cwd: ROOT, env })).stdout;
}

test('publish:gallery puts the build where CloudFront finds it, with what browsers have to be told', async (ctx) => {
  if (!existsSync(join(DIST, 'index.html'))) {
    ctx.skip('web/dist is not there: npm ci was run with --ignore-scripts or --omit=dev.');
  }
  const s3 = await startS3();
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: EMULATOR_REGION,
    credentials: EMULATOR_CREDENTIALS,
    forcePathStyle: true,
  });
  onTestFinished(async () => {
    client.destroy();
    await s3.stop();
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const entries = await readdir(DIST, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(DIST.length + 1));

  expect(await publish(s3.endpoint, '--bucket', BUCKET)).toBe(`${names.length} files are in ${BUCKET}.\n`);

  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  expect(Contents.map(({ Key }) => Key).sort()).toEqual(names.sort());
  for (const name of names) {
    const { Body, ContentType, CacheControl } = await client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: name }),
    );
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(await readFile(join(DIST, name)));
    expect(CacheControl, name).toBe(
      name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    if (name === 'index.html') expect(ContentType).toBe('text/html; charset=utf-8');
    if (name.endsWith('.js')) expect(ContentType).toBe('text/javascript; charset=utf-8');
  }
});

test('publish:gallery without a bucket says how it is used', async () => {
  await expect(publish('http://127.0.0.1:9')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--bucket BUCKET'),
  });
});
