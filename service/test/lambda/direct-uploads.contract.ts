import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { readConfig } from '../../src/config/config.ts';
import { uploadObjectKey } from '../../src/domain/object-key.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { Started } from '../support/announced-uploads.ts';
import { arrivedAt } from '../support/direct-uploads.ts';
import { expiredUpload } from '../support/expired-upload.ts';
import { type FunctionsHome, PUBLIC_URL } from '../support/functions-home.ts';
import { CLOCK_EVENT, queueEvent, s3Created } from '../support/queue-event.ts';
import { sendBytes, sendPart } from '../support/send-upload.ts';
import { silentLog } from '../support/silent-log.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { MIB } from '../support/stored-bytes.ts';
import { bodyOf, type Call, type Invoke } from './calls.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
/** Of two parts. */
const LARGE = Buffer.concat([JPEG, Buffer.alloc(9 * MIB)]);

/** What the functions do together that have to do with direct uploads; `call` by way of the API. */
export function describeDirectUploads(
  user: string,
  home: () => FunctionsHome,
  call: Call,
  invoke: Invoke,
): void {
  test.each(['post', 'put'])(
    'finish an upload by %s whose client never comes back, told of it by S3',
    async (method) => {
      const { image, upload } = await startUpload(call, { user_id: user, method }, JPEG);
      const path = `/images/${image.image_id}`;
      await sendBytes(upload, JPEG);
      expect(bodyOf(await call('view-image', { method: 'GET', path }))).toMatchObject({
        status: 'pending',
        url: null,
      });
      const arrived = s3Created(
        home().aws.storage.bucket,
        uploadObjectKey(user, image.image_id),
        JPEG.length,
      );
      // SQS may hand it out twice.
      const batch = queueEvent({ first: arrived, again: arrived, test: S3_TEST_EVENT, torn: '{"Records":[' });
      expect(await invoke('finish-upload', batch)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'torn' }],
      });
      await expectReady(bodyOf(await call('view-image', { method: 'GET', path })), JPEG);
      const { uploads } = depsOf(home());
      expect(await arrivedAt(uploads, uploadObjectKey(user, image.image_id))).toBeUndefined();
    },
  );

  test('complete an upload for its client, and again with the same answer', async () => {
    const { image, upload } = await startUpload(call, { user_id: user, method: 'put' }, JPEG);
    const complete = () =>
      call('complete-upload', { method: 'POST', path: `/images/${image.image_id}/complete` });
    expect((await complete()).statusCode).toBe(409);
    await sendBytes(upload, JPEG);
    const completed = await complete();
    expect(completed.statusCode).toBe(200);
    await expectReady(bodyOf(completed), JPEG);
    expect(bodyOf(await complete())).toEqual(bodyOf(completed));
  });

  test('take an upload in parts up again after a break', async () => {
    const { image, upload } = await startUpload(call, { user_id: user, method: 'parts' }, LARGE);
    const path = `/images/${image.image_id}`;
    const [first, second] = upload.parts;
    if (!first || !second) throw new Error('The upload has fewer than two parts.');
    await sendPart(upload, first, LARGE);
    const listed = await call('list-parts', { method: 'GET', path: `${path}/parts` });
    const { arrived, parts } = bodyOf(listed) as unknown as Listed;
    expect(arrived).toEqual([{ number: 1, size_bytes: first.size_bytes }]);
    expect(parts.map(({ number }) => number)).toEqual([2]);
    for (const part of parts) await sendPart(upload, part, LARGE);
    const completed = await call('complete-upload', { method: 'POST', path: `${path}/complete` });
    expect(completed.statusCode).toBe(200);
    await expectReady(bodyOf(completed), LARGE);
  });

  test('count what a user has, uploads under way included', async () => {
    const path = `/users/${encodeURIComponent(`${user}, counted`)}/usage`;
    const usage = async () => bodyOf(await call('get-usage', { method: 'GET', path }));
    const user_id = `${user}, counted`;
    expect(await usage()).toMatchObject({ user_id, images: 0, bytes: 0, max_images: null, max_bytes: null });
    const { image } = await startUpload(call, { user_id, method: 'post' }, JPEG);
    expect(await usage()).toMatchObject({ images: 1, bytes: JPEG.length });
    const deleted = await call('delete-image', { method: 'DELETE', path: `/images/${image.image_id}` });
    expect(deleted.statusCode).toBe(204);
    expect(await usage()).toMatchObject({ images: 0, bytes: 0 });
  });

  test('end the uploads whose time is over, and no others, when the clock says so', async () => {
    const { index, uploads } = depsOf(home());
    const { image } = await startUpload(call, { user_id: user, method: 'parts' }, LARGE);
    expect(await invoke('expire-uploads', CLOCK_EVENT)).toEqual({ ended: 0 });
    const { image_id, upload } = await expiredUpload({ index, uploads }, user);
    expect(await invoke('expire-uploads', CLOCK_EVENT)).toEqual({ ended: 1 });
    const view = (id: string) => call('view-image', { method: 'GET', path: `/images/${id}` });
    expect((await view(image_id)).statusCode).toBe(404);
    expect(await uploads.listParts(uploadObjectKey(user, image_id), upload?.parts_id ?? '')).toBeUndefined();
    expect(bodyOf(await view(image.image_id))).toMatchObject({ status: 'pending' });
  });
}

interface Listed {
  readonly arrived: readonly object[];
  readonly parts: Started['upload']['parts'];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const S3_TEST_EVENT = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'images' });

async function startUpload(call: Call, announcement: object, bytes: Buffer): Promise<Started> {
  const announced = { content_type: 'image/jpeg', size_bytes: bytes.length, ...announcement };
  const answer = await call('start-upload', {
    method: 'POST',
    path: '/images/uploads',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(announced)),
  });
  expect(answer.statusCode, answer.body).toBe(201);
  return JSON.parse(answer.body) as Started;
}

async function expectReady(image: Readonly<Record<string, unknown>>, bytes: Buffer): Promise<void> {
  const checksum_sha256 = digest(bytes);
  expect(image).toMatchObject({ status: 'ready', size_bytes: bytes.length, checksum_sha256 });
  const answer = await fetch(String(image['url']));
  expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(checksum_sha256);
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The parts of the home in this process, beside those in the functions. */
function depsOf({ aws: { clients, jobs, storage, environment } }: FunctionsHome): Deps {
  const config = readConfig({ ...environment, PUBLIC_URL, ALLOW_ANONYMOUS: 'true' });
  const uploads = new S3UploadStore({ client: clients.s3, copier: clients.s3, bucket: storage.bucket });
  return composeOverAws(config, storage, { clients, jobs, uploads, log: silentLog }).contextFor(PUBLIC_URL)
    .deps;
}
