import { expect } from 'vitest';
import type { FinishUpload } from '../../src/domain/job.ts';
import { uploadObjectKey } from '../../src/domain/object-key.ts';
import { expireUploads } from '../../src/operations/background/expire-uploads.ts';
import { finishArrivedUpload } from '../../src/operations/background/finish-upload.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { OperationName } from '../../src/operations/manifest.ts';
import type { Started } from '../support/announced-uploads.ts';
import { expectImage } from '../support/answers.ts';
import { expiredUpload } from '../support/expired-upload.ts';
import { answerLost, DYNAMODB_DOWN, type FaultyRequests, TRANSACTION } from '../support/faults.ts';
import { png } from '../support/png.ts';
import { sendBytes } from '../support/send-upload.ts';
import { MIB } from '../support/stored-bytes.ts';
import { newPng } from '../support/uploads.ts';

export type Request = (path: string, init?: RequestInit) => Promise<Response>;

/** What journeys are made over: functions that have just started, and what they call. */
export interface Ground {
  functionNamed(name: OperationName, variables?: Readonly<Record<string, string>>): Request;
  newDeps(): Deps;
  /** Does what is not of the function that is looked at. */
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Holds the attempt, in which these requests fail, to 503. */
  failing(faulty: readonly FaultyRequests[], attempt: () => Promise<Response>): Promise<void>;
}

type Announcement = Readonly<Record<string, unknown>>;

export function announceTo(
  request: Request,
  announcement: Announcement,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return request('/images/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ user_id: 'alice', content_type: 'image/png', tags: ['sea'], ...announcement }),
  });
}

export async function started(ground: Ground, announcement: Announcement): Promise<Started> {
  const request = ground.functionNamed('start-upload');
  const answer = await ground.aside(() => announceTo(request, announcement));
  expect(answer.status).toBe(201);
  return (await answer.json()) as Started;
}

/** Of two parts. */
const LARGE = Buffer.concat([png(), Buffer.alloc(9 * MIB)]);
const inParts = (bytes: Buffer) => ({ method: 'parts', size_bytes: bytes.length });
const inOnePut = (bytes: Buffer) => ({ method: 'put', size_bytes: bytes.length });

/** An upload that has been sent, by PUT or in parts, and that nobody has completed. */
async function sent(ground: Ground, announcement: Announcement, bytes: Buffer): Promise<Started> {
  const upload = await started(ground, announcement);
  await sendBytes(upload.upload, bytes);
  return upload;
}

export async function startUploads({ functionNamed, newDeps, aside, failing }: Ground): Promise<void> {
  const request = functionNamed('start-upload');
  for (const method of ['post', 'put', 'parts']) {
    expect((await announceTo(request, { method, size_bytes: 1000 })).status).toBe(201);
  }
  await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () =>
    announceTo(request, { method: 'parts', size_bytes: 1000 }),
  );
  // Under a key that is kept; and under one that is let go, because nothing has come of it.
  const kept = await announceTo(request, { size_bytes: 1000 }, { 'idempotency-key': 'announced' });
  expect(kept.status).toBe(201);
  await aside(() => newDeps().quotas.setLimits('bob', { max_images: 0, max_bytes: undefined }));
  const refused = { user_id: 'bob', size_bytes: 1000 };
  expect((await announceTo(request, refused, { 'idempotency-key': 'refused' })).status).toBe(429);
}

export async function listParts(ground: Ground): Promise<void> {
  const { image } = await started(ground, inParts(LARGE));
  const answer = await ground.functionNamed('list-parts')(`/images/${image.image_id}/parts`);
  expect(((await answer.json()) as Started['upload']).parts).toHaveLength(2);
}

export async function completeUploads(ground: Ground): Promise<void> {
  const request = ground.functionNamed('complete-upload');
  const complete = ({ image }: Started) => request(`/images/${image.image_id}/complete`, { method: 'POST' });
  const bytes = newPng();
  await expectImage(await complete(await sent(ground, inOnePut(bytes), bytes)));
  await expectImage(await complete(await sent(ground, inParts(LARGE), LARGE)));
  // Joined, and nobody is told: it has to look.
  const joined = await sent(ground, inParts(LARGE), LARGE);
  await ground.failing([{ at: 'S3 POST', fault: answerLost }], () => complete(joined));
  await expectImage(await complete(joined));
  // What arrives is no image: nothing of it stays.
  const refused = await sent(ground, inParts(LARGE), Buffer.alloc(LARGE.length));
  expect((await complete(refused)).status).toBe(415);
}

const arrivalOf = ({ image: { image_id, user_id } }: Started): FinishUpload => ({
  kind: 'finish-upload',
  image_id,
  upload_key: uploadObjectKey(user_id, image_id),
});

export async function finishUploads(ground: Ground): Promise<void> {
  const deps = ground.newDeps();
  const finish = async (upload: Started) => {
    await finishArrivedUpload(deps, arrivalOf(upload));
    return deps.index.get(upload.image.image_id);
  };
  const bytes = newPng();
  const once = await sent(ground, inOnePut(bytes), bytes);
  expect((await finish(once))?.status).toBe('ready');
  // The event comes again: the bytes that it tells of are of no upload any more.
  expect((await finish(once))?.status).toBe('ready');
  // For a while S3 may list parts that have been joined: they are joined again, which is the same to it.
  expect((await finish(await sent(ground, inParts(LARGE), LARGE)))?.status).toBe('ready');
  expect(await finish(await sent(ground, inParts(LARGE), Buffer.alloc(LARGE.length)))).toBeUndefined();
}

export async function expireDueUploads(ground: Ground): Promise<void> {
  const { image_id } = await ground.aside(() => expiredUpload(ground.newDeps(), 'alice'));
  const deps = ground.newDeps();
  expect(await expireUploads(deps)).toBe(1);
  expect(await deps.index.get(image_id)).toBeUndefined();
}
