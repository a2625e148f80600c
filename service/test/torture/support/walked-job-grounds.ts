import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { isDomainError } from '../../../src/domain/errors.ts';
import { isImageId, newImageId } from '../../../src/domain/image-id.ts';
import type { Job, JobKind } from '../../../src/domain/job.ts';
import { imageObjectKey, UPLOADS_PREFIX, uploadObjectKey } from '../../../src/domain/object-key.ts';
import type { FunctionName } from '../../../src/operations/manifest.ts';
import type { Started } from '../../support/announced-uploads.ts';
import { SQS_DOWN } from '../../support/faults.ts';
import { placedImage } from '../../support/placed-images.ts';
import { sendBytes } from '../../support/send-upload.ts';
import { keysOf, put } from '../../support/stored-bytes.ts';
import { newPng, uploadCall } from '../../support/uploads.ts';
import type { WalkedHome } from './walked-home.ts';
import type { Subject, WalkedOperation } from './walked-operation.ts';
import {
  arrived,
  presetsOf,
  processed,
  recordOf,
  renditionsOf,
  replaceIt,
  send,
  trashed,
  uploaded,
} from './walked-operations.ts';
import { awaited, expectArrived, linked, sentOf } from './walked-webhooks.ts';

export const DAY_MS = 86_400_000;

/** How work is told that nobody asks for by a request: done, or to be handed out again. */
export async function answered(work: () => Promise<unknown>): Promise<Response> {
  try {
    await work();
    return new Response(null, { status: 204 });
  } catch (error) {
    if (!isDomainError(error, 'unavailable')) throw error;
    return new Response(error.message, { status: 503 });
  }
}

/** Hands out the message that a try is about. */
export const handed = (home: WalkedHome, { other = '' }: Subject) => answered(() => home.hand(other));

/** A subject with the message that its preparation has caused. */
export const causing =
  (kind: JobKind, prepare: WalkedOperation['prepare']): WalkedOperation['prepare'] =>
  async (home, user_id) => {
    const subject = await prepare(home, user_id);
    return { ...subject, other: await home.take(kind, subject.image_id) };
  };

/** A subject with a message about it that nothing has caused but the test. */
export const followedBy =
  (
    jobOf: (home: WalkedHome, subject: Subject) => Promise<Job>,
    prepare: WalkedOperation['prepare'],
  ): WalkedOperation['prepare'] =>
  async (home, user_id) => {
    const subject = await prepare(home, user_id);
    return { ...subject, other: home.message(await jobOf(home, subject)) };
  };

/** The jobs' own clock is so far ahead. */
export function later(home: WalkedHome, milliseconds: number) {
  const deps = home.jobDeps();
  return { ...deps, clock: { now: () => deps.clock.now() + milliseconds } };
}

/** What has been done to an image stands in the audit as often as it was. */
export async function expectDoneOnce(
  home: WalkedHome,
  { image_id }: Subject,
  action: FunctionName,
): Promise<void> {
  if (!isImageId(image_id)) throw new Error('There is no image.');
  const { items } = await home.deps.audit.list({ image_id, action, within: {} }, 10, null);
  expect(items.map(({ outcome }) => outcome)).toEqual(['done']);
}

/** An image with its presets: made once, whoever has tried it. */
export async function expectDeveloped(home: WalkedHome, subject: Subject): Promise<void> {
  const { status, rejection_reason } = await recordOf(home, subject.image_id);
  expect([status, rejection_reason]).toEqual(['ready', null]);
  expect(await renditionsOf(home, subject)).toEqual(await presetsOf(home, subject));
}

async function uploadedAs(home: WalkedHome, user_id: string, bytes: Buffer): Promise<Subject> {
  const { path, init } = uploadCall('raw bytes', bytes, { user_id });
  const response = await home.request(path, init);
  expect(response.status, await response.clone().text()).toBe(201);
  return { user_id, image_id: ((await response.json()) as Started['image']).image_id };
}

/** An image that GuardDuty has found to be clean. */
export async function foundClean(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  const { object_key: Key } = await recordOf(home, subject.image_id);
  const TagSet = [{ Key: 'GuardDutyMalwareScanStatus', Value: 'NO_THREATS_FOUND' }];
  const { bucket: Bucket } = home.storage;
  await home.clients.s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
  return subject;
}

let placedBytes: Promise<Buffer> | undefined;

export async function placed(home: WalkedHome, user_id: string): Promise<Subject> {
  placedBytes ??= placedImage('image/png');
  return uploadedAs(home, user_id, await placedBytes);
}

/** An image with links and presets that has been deleted for good. */
export async function gone(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await linked(home, user_id);
  await home.hand(await home.take('process-image', subject.image_id));
  expect((await renditionsOf(home, subject)).length).toBeGreaterThan(0);
  const deletion = await send(home, 'DELETE', `/images/${subject.image_id}?permanent=true`);
  expect(deletion.status).toBe(204);
  return subject;
}

export async function succeeded(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await processed(home, user_id);
  expect((await replaceIt(home, subject)).status).toBe(200);
  return subject;
}

/** A deletion has come as far as this. */
export async function withoutBytes(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await uploaded(home, user_id);
  await home.deps.objects.delete((await recordOf(home, subject.image_id)).object_key);
  return subject;
}

export const LEFT_BYTES = newPng(800);

/** An upload has come as far as this, and its room is reserved. */
export async function withoutRecord(home: WalkedHome, user_id: string): Promise<Subject> {
  const image_id = newImageId(Date.now());
  const limits = { max_images: null, max_bytes: null };
  await home.deps.quotas.reserve(user_id, { images: 1, bytes: LEFT_BYTES.length }, limits);
  await put(home.deps.objects, imageObjectKey(user_id, image_id, 1), LEFT_BYTES);
  return { user_id, image_id };
}

export const finishing = async (_home: WalkedHome, { user_id, image_id }: Subject): Promise<Job> => {
  if (!isImageId(image_id)) throw new Error('There is no image.');
  return { kind: 'finish-upload', image_id, upload_key: uploadObjectKey(user_id, image_id) };
};

export const keysOfUploads = ({ deps }: WalkedHome, { user_id }: Subject) =>
  keysOf(deps.objects, `${UPLOADS_PREFIX}${user_id}/`);

/** What was announced, has been deleted, and arrives all the same. */
export async function arrivedLate(home: WalkedHome, user_id: string): Promise<Subject> {
  const bytes = newPng(900);
  const body = { user_id, content_type: 'image/png', size_bytes: bytes.length, method: 'put' };
  const response = await send(home, 'POST', '/images/uploads', body);
  expect(response.status, await response.clone().text()).toBe(201);
  const { image, upload } = (await response.json()) as Started;
  expect((await send(home, 'DELETE', `/images/${image.image_id}`)).status).toBe(204);
  await sendBytes(upload, bytes);
  return { user_id, image_id: image.image_id };
}

/** A user with an image in the trash, and an upload under way. */
export async function rich(home: WalkedHome, user_id: string): Promise<Subject> {
  await arrived('put')(home, user_id);
  return trashed(home, user_id);
}

/** An image whose jobs are written down, and could not be sent. */
export async function unsent(home: WalkedHome, user_id: string): Promise<Subject> {
  home.faults.set({ at: 'SendMessage', fault: SQS_DOWN });
  const subject = await uploaded(home, user_id);
  home.faults.set();
  return subject;
}

/** So many jobs of an image are written down. */
export async function notesOf({ clients, storage }: WalkedHome, { image_id }: Subject): Promise<number> {
  const { Items = [] } = await clients.dynamodb.send(
    new ScanCommand({
      TableName: storage.tables.listings,
      FilterExpression: 'contains(job, :id)',
      ExpressionAttributeValues: { ':id': { S: image_id } },
    }),
  );
  return Items.length;
}

/** A message that has been tried once, and was not taken. */
export async function refusedOnce(home: WalkedHome, user_id: string): Promise<Subject> {
  const subject = await awaited(home, user_id);
  const text = await home.take('announce-event', subject.image_id);
  home.sender.status = 500;
  await home.hand(text);
  home.sender.status = 204;
  return subject;
}

/** After the first pause between tries. */
export const NEXT_TRY_MS = 6000;

/** More than an upload in parts may take. */
export const LONG_MS = 2 * DAY_MS;

/** Where a message may have been sent, and nobody could write that down: then it is sent again. */
export const WRITTEN_DOWN: readonly (string | undefined)[] = ['TransactWriteItems'];

export async function expectToldOnce(
  home: WalkedHome,
  subject: Subject,
  at: string | undefined,
  times: number,
) {
  await expectArrived(home, subject, times);
  if (!WRITTEN_DOWN.includes(at)) expect(sentOf(home, subject)).toHaveLength(times);
}
