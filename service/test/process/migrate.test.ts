import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, onTestFinished, type TestContext, test } from 'vitest';
import { DynamoImageWalk } from '../../src/drivers/aws/dynamo-image-walk.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';
import { runTintype, startTintype } from '../support/tintype-command.ts';
import { type Image, listAll, sendUpload, uploadImage } from './calls.ts';
import { expectSameOnBothSides, filesOf } from './same-on-both-sides.ts';

// Real processes and real waiting; operations/maintenance/ has the rest of it in every run.
beforeEach(onlyWhenLarge);

const USERS = ['anna', 'ben & co', 'çağla#1/..'];
const TAGS = ['bird', 'wide angle', 'früh'];

test('images move to AWS while their server runs, through a kill, and later changes follow', async (ctx) => {
  const aws = await startAws();
  skipWhereNothingCanBeHeldBack(ctx, aws);
  const source = await startServerProcess();
  const images = await uploadSmallImages(source, 40);
  await rename(source, images[3]);
  await untilProcessed(source, 40);
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
  await untilProcessed(source, 40);
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
  await untilProcessed(source, 12);
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

test('versions, the trash and what is not processed yet move to AWS, and back', async () => {
  const aws = await startAws();
  const env = { TRASH_DAYS: '7' };
  const source = await startServerProcess({ env });
  const [versioned, trashed, unprocessed] = await uploadSmallImages(source, 5);
  await giveVersions(source, versioned);
  await untilProcessed(source, 5);
  await remove(source, trashed);
  const moved = await runTintype(toAws(source), aws.environment);
  expect(moved).toMatchObject({ code: 0, stderr: '' });
  // Three versions of one image have objects of their own; the fourth is the first, restored.
  expect(moved.stdout).toMatch(/source: 5 images, 7 objects, \d+ bytes/);
  expect(moved.stdout).not.toContain('objects of no image');
  const target = await startServerProcess({ env: { ...aws.environment, ...env } });
  await expectSameOnBothSides(source.url, target.url);
  await expectSameUsage(source, target);
  expect(await listAll(target.url, { user_id: trashed?.user_id ?? '', deleted: 'true' })).toHaveLength(1);
  const restored = await fetch(`${target.url}/images/${trashed?.image_id}/restore`, { method: 'POST' });
  expect(restored.status).toBe(200);

  await source.stop();
  makeUnprocessed(source, unprocessed);
  const caughtUp = await runTintype(toAws(source), aws.environment);
  expect(caughtUp.stdout).toMatch(/copied 1 image /);
  // It has been changed at the target by being restored there.
  expect(caughtUp.stdout).toContain(`image ${trashed?.image_id} is newer at the target`);
  await untilProcessed(target, 5);

  const folder = join(await temporaryFolder(), 'back');
  const back = await runTintype(['migrate', '--from', 'aws', '--to', folder], aws.environment);
  expect(back).toMatchObject({ code: 0, stderr: '' });
  expect(back.stdout).toMatch(/target: 5 images, 7 objects, \d+ bytes/);
  const again = await startServerProcess({ dataDir: folder, env });
  await expectSameOnBothSides(target.url, again.url);
});

test('200 real images move to AWS through a kill, and back', async (ctx) => {
  skipWithoutCorpus(ctx);
  const aws = await startAws();
  skipWhereNothingCanBeHeldBack(ctx, aws);
  const source = await startServerProcess();
  await uploadCorpus(source, 200);
  await untilProcessed(source);
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
}, 400_000);

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

/** Photographs, and of the odd files, some of them twice, as many as are accepted: those are small, and soon processed. */
async function uploadCorpus({ url }: ServerProcess, count: number): Promise<void> {
  const files = [...corpusFiles('photos'), ...corpusFiles('odd')];
  let accepted = 0;
  // What is left over is made up by sending the odd ones again: images of their own.
  for (const [index, file] of [...files, ...corpusFiles('odd')].entries()) {
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

/** Waits until background work has done all that it does to images that have just come. */
async function untilProcessed({ url }: ServerProcess, images?: number): Promise<void> {
  const seen = async () => {
    const listed = await listAll(url);
    return { images: listed.length, waiting: listed.filter((image) => image.placeholder === null).length };
  };
  const wanted = { ...(images === undefined ? {} : { images }), waiting: 0 };
  // Not asked more often: decoders have a low priority, and whoever asks takes their processor.
  await expect.poll(seen, { timeout: 240_000, interval: 500 }).toMatchObject(wanted);
}

/** Gives an image three versions, and makes the first the current one again. */
async function giveVersions({ url }: ServerProcess, image: Image | undefined): Promise<void> {
  for (const type of ['image/png', 'image/webp'] as const) {
    const response = await fetch(`${url}/images/${image?.image_id}/content`, {
      method: 'PUT',
      headers: { 'content-type': type },
      body: new Uint8Array(SMALL_IMAGES[type].bytes),
    });
    expect(response.status).toBe(200);
  }
  const restored = await fetch(`${url}/images/${image?.image_id}/versions/1/restore`, { method: 'POST' });
  expect(restored.status).toBe(200);
}

/** As if a caller had changed the image of a stopped server, and background work had not come to it yet. */
function makeUnprocessed({ dataDir }: ServerProcess, image: Image | undefined): void {
  const database = new DatabaseSync(join(dataDir, 'index.db'));
  const id = Buffer.from((image?.image_id ?? '').replaceAll('-', ''), 'hex');
  const { changes } = database
    .prepare(
      'UPDATE images SET placeholder = NULL, presets = NULL, revision = revision + 1 WHERE image_id = ?',
    )
    .run(id);
  database.close();
  expect(changes).toBe(1);
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
