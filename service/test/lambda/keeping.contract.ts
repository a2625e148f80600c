import { createHash, randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { JobKind } from '../../src/domain/job.ts';
import { jobPartition } from '../../src/drivers/aws/listing-keys.ts';
import { CLOCK_EVENT, queueEvent } from '../support/queue-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bodyOf, type FunctionCalls } from './calls.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const PNG = SMALL_IMAGES['image/png'].bytes;

/** A stage that keeps what is deleted for a day. */
const TRASH = { TRASH_DAYS: '1' };

/** What the functions do together with what is kept of images, and with what goes. */
export function describeKeeping(user: string, calls: FunctionCalls): void {
  describeVersions(user, calls);
  describeTrash(user, calls);
  describeRemovals(user, calls);
  describeResending(calls);
}

function describeVersions(user: string, { home, invoke, call }: FunctionCalls): void {
  test('replace an image, list its versions, and bring a former one back', async () => {
    const { image_id, path } = await upload(call, user);
    const replaced = await call('replace-image', {
      method: 'PUT',
      path: `${path}/content`,
      headers: { 'content-type': 'image/png' },
      body: PNG,
    });
    expect(replaced.statusCode).toBe(200);
    expect(bodyOf(replaced)).toMatchObject({ image_id, version: 2, content_type: 'image/png' });
    expect(await digestAt(bodyOf(replaced)['url'])).toBe(digest(PNG));
    const listed = bodyOf(await call('list-versions', { method: 'GET', path: `${path}/versions` }));
    expect(listed['items']).toMatchObject([
      { version: 2, is_current: true, checksum_sha256: digest(PNG) },
      { version: 1, is_current: false, checksum_sha256: digest(JPEG) },
    ]);
    const restored = await call('restore-version', { method: 'POST', path: `${path}/versions/1/restore` });
    expect(bodyOf(restored)).toMatchObject({ version: 3, content_type: 'image/jpeg' });
    expect(await digestAt(bodyOf(restored)['url'])).toBe(digest(JPEG));

    // Each version has a job of its own, of which those that have been overtaken do nothing.
    const jobs = await home().take('process-image', image_id);
    expect(jobs.map((job) => JSON.parse(job).version).sort()).toEqual([1, 2, 3]);
    const batch = queueEvent(Object.fromEntries(jobs.map((job, at) => [`job ${at}`, job])));
    expect(await invoke('process-image', batch)).toEqual({ batchItemFailures: [] });
    expect(bodyOf(await call('view-image', { method: 'GET', path }))['renditions']).toHaveProperty('thumb');
  });
}

function describeTrash(user: string, { invoke, call }: FunctionCalls): void {
  test('keep what is deleted in the trash, bring it back, and remove it when its days are over', async () => {
    const { image_id, path } = await upload(call, user);
    const view = async () => (await call('view-image', { method: 'GET', path })).statusCode;
    expect((await call('delete-image', { method: 'DELETE', path }, TRASH)).statusCode).toBe(204);
    expect(await view()).toBe(404);
    const restored = await call('restore-image', { method: 'POST', path: `${path}/restore` }, TRASH);
    expect(bodyOf(restored)).toMatchObject({ image_id, deleted_at: null });
    expect(await digestAt(bodyOf(restored)['url'])).toBe(digest(JPEG));
    expect(await view()).toBe(200);

    expect((await call('delete-image', { method: 'DELETE', path }, TRASH)).statusCode).toBe(204);
    expect(await invoke('purge-trash', CLOCK_EVENT, TRASH)).toEqual({ purged: 0 });
    expect(await invoke('purge-trash', CLOCK_EVENT, { TRASH_DAYS: '0' })).toEqual({ purged: 1 });
    const gone = await call('restore-image', { method: 'POST', path: `${path}/restore` }, TRASH);
    expect(gone.statusCode).toBe(404);
  });
}

function describeRemovals(user: string, calls: FunctionCalls): void {
  const { home, invoke, call } = calls;

  /** Has a kind of job done that is about an image or a user, and says how many those were. */
  const work = async (
    name: Extract<JobKind, 'erase-images' | 'process-image' | 'withdraw-image'>,
    about: string,
  ) => {
    const jobs = await home().take(name, about);
    const batch = queueEvent(Object.fromEntries(jobs.map((job, at) => [`job ${at}`, job])));
    expect(await invoke(name, batch)).toEqual({ batchItemFailures: [] });
    return jobs.length;
  };

  test('delete several at once, and then what was made of them', async () => {
    const { image_id, path } = await upload(call, user);
    expect(await work('process-image', image_id)).toBe(1);
    const { renditions } = bodyOf(await call('view-image', { method: 'GET', path })) as {
      renditions?: { thumb?: { url: string } };
    };
    const thumb = renditions?.thumb?.url ?? '';
    expect((await fetch(thumb)).status).toBe(200);

    const unknown = newImageId(Date.now());
    const deleted = await call('delete-images', {
      method: 'POST',
      path: '/images/bulk-delete',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ image_ids: [image_id, unknown] })),
    });
    expect(deleted.statusCode).toBe(200);
    expect(bodyOf(deleted)['items']).toMatchObject([
      { image_id, status: 204 },
      { image_id: unknown, status: 404, code: 'not_found' },
    ]);
    expect(await work('withdraw-image', image_id)).toBe(1);
    expect((await fetch(thumb)).status).toBe(404);
  });

  test('erase all that a user has', async () => {
    const user_id = `${user}, erased`;
    const first = await upload(call, user_id);
    await upload(call, user_id);
    const path = `/users/${encodeURIComponent(user_id)}`;
    const erased = await call('erase-user', { method: 'DELETE', path: `${path}/images` });
    expect(erased.statusCode).toBe(202);
    expect(await work('erase-images', JSON.stringify(user_id))).toBe(1);
    expect((await call('view-image', { method: 'GET', path: first.path })).statusCode).toBe(404);
    const usage = bodyOf(await call('get-usage', { method: 'GET', path: `${path}/usage` }));
    expect(usage).toMatchObject({ images: 0, bytes: 0 });
  });
}

function describeResending({ home, invoke }: FunctionCalls): void {
  test('send again what was written down and never arrived in its queue', async () => {
    const { clients, storage } = home().aws;
    const image_id = newImageId(Date.now());
    const job = { kind: 'withdraw-image', image_id, user_id: 'alice', object_keys: [] };
    const tenMinutesAgo = new Date(Date.now() - 600_000).toISOString();
    const key = { pk: { S: jobPartition(3) }, sk: { S: `${tenMinutesAgo}#${randomUUID()}` } };
    const Item = { ...key, job: { S: JSON.stringify(job) } };
    await clients.dynamodb.send(new PutItemCommand({ TableName: storage.tables.listings, Item }));
    expect(await invoke('resend-jobs', CLOCK_EVENT)).toEqual({ sent: 1 });
    expect(await invoke('resend-jobs', CLOCK_EVENT)).toEqual({ sent: 0 });
    const messages = await home().take('withdraw-image', image_id);
    expect(messages.map((text) => JSON.parse(text))).toMatchObject([job]);
  });
}

async function upload(call: FunctionCalls['call'], user_id: string) {
  const uploaded = await call('upload-image', {
    method: 'POST',
    path: '/images',
    query: [['user_id', user_id]],
    headers: { 'content-type': 'image/jpeg' },
    body: JPEG,
  });
  expect(uploaded.statusCode).toBe(201);
  const image_id = String(bodyOf(uploaded)['image_id']);
  return { image_id, path: `/images/${image_id}` };
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function digestAt(url: unknown): Promise<string> {
  const answer = await fetch(String(url));
  expect(answer.status).toBe(200);
  return digest(Buffer.from(await answer.arrayBuffer()));
}
