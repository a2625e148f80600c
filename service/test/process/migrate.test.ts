import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { DynamoImageWalk } from '../../src/drivers/aws/dynamo-image-walk.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';
import { runTintype, startTintype } from '../support/tintype-command.ts';
import { type Image, sendUpload, uploadImage } from './calls.ts';
import { expectSameOnBothSides, filesOf } from './same-on-both-sides.ts';

const USERS = ['anna', 'ben & co', 'çağla#1/..'];
const TAGS = ['bird', 'wide angle', 'früh'];

test('images move to AWS while their server runs, through a kill, and later changes follow', async (ctx) => {
  const aws = await startAws();
  skipWhereNothingCanBeHeldBack(ctx, aws);
  const source = await startServerProcess();
  const images = await uploadSmallImages(source, 40);
  await rename(source, images[3]);
  const before = await filesOf(source.dataDir);

  await killInTheMiddle(source, aws, 15);
  const resumed = await runTintype(toAws(source), placeOf(aws));
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
  // What the killed run had finished is not copied again.
  expect(resumed.stdout).toMatch(/copied 25 images \(.*\), 15 were there already, 0 deleted/);
  expect(resumed.stdout).toMatch(/source: 40 images, 40 objects, \d+ bytes/);
  expect(resumed.stdout).toMatch(/target: 40 images, 40 objects, \d+ bytes/);
  expect(await filesOf(source.dataDir)).toEqual(before);
  const target = await startServerProcess({ env: aws.environment });
  await expectSameOnBothSides(source.url, target.url);
  await expectSameUsage(source, target);

  await rename(source, images[5]);
  await remove(source, images[7]);
  const [added] = await uploadSmallImages(source, 1);
  const caughtUp = await runTintype(toAws(source), placeOf(aws));
  expect(caughtUp.code).toBe(1);
  expect(caughtUp.stdout).toMatch(/copied 2 images/);
  expect(caughtUp.stdout).toMatch(/at the target only: 1 image; --delete removes/);
  const finished = await runTintype([...toAws(source), '--delete'], placeOf(aws));
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(finished.stdout).toMatch(/copied 0 images .*, 40 were there already, 1 deleted/);
  expect(finished.stdout).toContain('Both sides hold the same.');
  await expectSameOnBothSides(source.url, target.url);
  await expectSameUsage(source, target);
  expect((await fetch(`${target.url}/images/${images[7]?.image_id}`)).status).toBe(404);
  expect((await fetch(`${target.url}/images/${added?.image_id}`)).status).toBe(200);
});

test('images move from AWS into a new folder, which a server then serves', async () => {
  const aws = await startAws();
  const source = await startServerProcess({ env: aws.environment });
  await uploadSmallImages(source, 12);
  const folder = join(await temporaryFolder(), 'made', 'by it');
  const moved = await runTintype(['migrate', '--from', 'aws', '--to', folder], placeOf(aws));
  expect(moved).toMatchObject({ code: 0, stderr: '' });
  expect(moved.stdout).toMatch(/copied 12 images/);
  const target = await startServerProcess({ dataDir: folder });
  await expectSameOnBothSides(source.url, target.url);

  const again = await runTintype(['migrate', '--from', 'aws', '--to', folder], placeOf(aws));
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('is in use by another Tintype server');
});

test('200 real images move to AWS through a kill, and back', async (ctx) => {
  onlyWhenLarge(ctx);
  skipWithoutCorpus(ctx);
  const aws = await startAws();
  skipWhereNothingCanBeHeldBack(ctx, aws);
  const source = await startServerProcess();
  await uploadCorpus(source, 200);
  const before = await filesOf(source.dataDir);

  await killInTheMiddle(source, aws, 90);
  const resumed = await runTintype(toAws(source), placeOf(aws));
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
  expect(resumed.stdout).toMatch(/^copying: 100 of 200 images/m);
  expect(resumed.stdout).toMatch(/copied 110 images \(.*\), 90 were there already/);
  expect(await filesOf(source.dataDir)).toEqual(before);
  const there = await startServerProcess({ env: aws.environment });
  await expectSameOnBothSides(source.url, there.url);

  const folder = join(await temporaryFolder(), 'back');
  const back = await runTintype(['migrate', '--from', 'aws', '--to', folder], placeOf(aws));
  expect(back).toMatchObject({ code: 0, stderr: '' });
  const again = await startServerProcess({ dataDir: folder });
  await expectSameOnBothSides(source.url, again.url);
}, 240_000);

async function expectSameUsage(source: ServerProcess, target: ServerProcess): Promise<void> {
  for (const user of USERS) {
    const path = `/users/${encodeURIComponent(user)}/usage`;
    const [here, there] = await Promise.all([source, target].map(({ url }) => fetch(url + path)));
    const usage = (await here?.json()) as { images: number };
    expect(usage.images).toBeGreaterThan(0);
    expect(await there?.json()).toEqual(usage);
  }
}

async function startAws(): Promise<OpenedInstallation> {
  const aws = await openInstallation();
  onTestFinished(() => aws.close());
  return aws;
}

/** The proxy at which a migration stands still speaks plain HTTP. */
function skipWhereNothingCanBeHeldBack(ctx: TestContext, { endpoints }: OpenedInstallation): void {
  if (endpoints.dynamodb?.startsWith('http://')) return;
  const reason = 'DynamoDB is not reached by plain HTTP';
  process.stdout.write(`skipped: ${ctx.task.name}: ${reason}\n`);
  ctx.skip(reason);
}

/** What the command has to be told: neither where a server keeps its images, nor its secret, nor its queue. */
function placeOf({ environment }: OpenedInstallation): Record<string, string> {
  const { STORAGE: _storage, SIGNING_SECRET: _secret, JOBS_QUEUE_URL: _queue, ...place } = environment;
  return place;
}

const toAws = ({ dataDir }: ServerProcess) => ['migrate', '--from', dataDir, '--to', 'aws'];

/** Kills a migration that has written exactly so many records, with more under way. */
async function killInTheMiddle(
  source: ServerProcess,
  aws: OpenedInstallation,
  written: number,
): Promise<void> {
  const isTransaction = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) =>
    String(headers['x-amz-target']).endsWith('.TransactWriteItems');
  const proxy = await startStallingProxy(aws.endpoints.dynamodb ?? '', isTransaction, written);
  const command = startTintype(toAws(source), { ...placeOf(aws), AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  const endedEarly = command.ended.then(({ stdout, stderr }) => {
    throw new Error(`It ended before it was killed.\n${stdout}${stderr}`);
  });
  await Promise.race([proxy.stalled, endedEarly]);
  endedEarly.catch(() => {}); // From here on it is to end.
  expect(await command.kill()).toMatchObject({ code: null });
  await expect.poll(() => recordsOf(aws)).toBe(written);
}

async function recordsOf({ clients, storage }: OpenedInstallation): Promise<number> {
  const walk = new DynamoImageWalk({
    client: clients.dynamodb,
    table: storage.tables.images,
    unitsPerSecond: 1000,
    pause: async () => {},
  });
  let records = 0;
  for await (const _record of walk.walk()) records++;
  return records;
}

async function uploadSmallImages({ url }: ServerProcess, count: number): Promise<Image[]> {
  const kinds = Object.values(SMALL_IMAGES);
  const images: Image[] = [];
  for (let index = 0; index < count; index++) {
    images.push(
      await uploadImage(url, 'multipart', {
        bytes: kinds[index % kinds.length]?.bytes ?? Buffer.alloc(0),
        user_id: USERS[index % USERS.length] ?? '',
        filename: `photo ${index}.jpg`,
        title: `Photograph ${index} “✓”`,
        tags: index % 4 === 0 ? [] : [TAGS[index % 2] ?? '', 'früh'],
      }),
    );
  }
  return images;
}

/** Photographs, and of the odd files as many as are accepted. */
async function uploadCorpus({ url }: ServerProcess, count: number): Promise<void> {
  const files = [...corpusFiles('photos'), ...corpusFiles('odd')];
  let accepted = 0;
  // What is left over is made up by sending the photographs again: images of their own.
  for (const [index, file] of [...files, ...corpusFiles('photos')].entries()) {
    if (accepted === count) return;
    const response = await sendUpload(url, 'multipart', {
      bytes: await readCorpusFile(file),
      user_id: USERS[index % USERS.length] ?? '',
      title: file.file.slice(-200),
      tags: [file.set, TAGS[index % 3] ?? ''],
    });
    await response.body?.cancel();
    if (response.ok) accepted++;
    else expect([415, 422]).toContain(response.status);
  }
  expect(accepted).toBe(count);
}

async function rename({ url }: ServerProcess, image: Image | undefined): Promise<void> {
  const response = await fetch(`${url}/images/${image?.image_id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'renamed', tags: ['renamed'] }),
  });
  expect(response.status).toBe(200);
}

async function remove({ url }: ServerProcess, image: Image | undefined): Promise<void> {
  const response = await fetch(`${url}/images/${image?.image_id}`, { method: 'DELETE' });
  expect(response.status).toBe(204);
}
