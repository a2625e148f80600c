import { expect } from 'vitest';
import { usualRecord } from '../../../bench/usual-record.ts';
import { ANONYMOUS } from '../../src/domain/caller.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { ImageRecord } from '../../src/domain/image.ts';
import { isImageId, newImageId } from '../../src/domain/image-id.ts';
import type { Attempt, Job, JobKind } from '../../src/domain/job.ts';
import { unstrippedKey } from '../../src/domain/object-key.ts';
import { cleanUpObject } from '../../src/operations/background/clean-up-object.ts';
import { eraseImages } from '../../src/operations/background/erase-images.ts';
import { type ProcessDeps, processImage } from '../../src/operations/background/process-image.ts';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { withdrawImage } from '../../src/operations/background/withdraw-image.ts';
import { eventOf } from '../../src/operations/steps/audit.ts';
import type { EdgeCache } from '../../src/ports/edge-cache.ts';
import type { JobOutbox } from '../../src/ports/job-outbox.ts';
import type { Scanner } from '../../src/ports/scanner.ts';
import { expectEmpty, expectImage, type Image } from '../support/answers.ts';
import {
  answerLost,
  DYNAMODB_DOWN,
  type FaultyRequests,
  PUT,
  S3_DOWN,
  SQS_DOWN,
  TRANSACTION,
} from '../support/faults.ts';
import { placedImage } from '../support/placed-images.ts';
import { ScriptedRenderer } from '../support/scripted-renderer.ts';
import { newPng, uploadCall } from '../support/uploads.ts';
import { trashed } from './keeping-journeys.ts';
import { type Ground, started } from './upload-journeys.ts';

/** What the journeys of jobs are made over, beside that. */
export interface JobGround extends Ground {
  /** An image of alice, by the function for it. */
  uploaded(): Promise<Image>;
  /** From now on these requests fail; none without any. */
  failOn(...faulty: readonly FaultyRequests[]): void;
  /** Takes the one job out of its queue that holds a text, as a function is handed it. */
  receive(kind: JobKind, holding: string): Promise<Job>;
  scanner(): Scanner;
  outbox(): JobOutbox;
  edge(): EdgeCache;
}

const FIRST: Attempt = { number: 1, isLast: false };

type OfKind<Kind extends JobKind> = Extract<Job, { kind: Kind }>;

async function received<Kind extends JobKind>(ground: JobGround, kind: Kind, holding: string) {
  const job = await ground.receive(kind, holding);
  if (job.kind !== kind) throw new Error(`There is a ${job.kind} in the queue of ${kind}.`);
  return job as OfKind<Kind>;
}

async function recordOf(ground: JobGround, { image_id }: Pick<Image, 'image_id'>): Promise<ImageRecord> {
  const { index } = ground.newDeps();
  const record = await ground.aside(async () => (isImageId(image_id) ? index.get(image_id) : undefined));
  if (!record) throw new Error('The image has no record.');
  return record;
}

const processDeps = (ground: JobGround, scanner?: Scanner): ProcessDeps => ({
  ...ground.newDeps(),
  scanner,
  keepGps: false,
});

/** An image with its presets. */
export async function processed(ground: JobGround): Promise<Image> {
  const image = await ground.uploaded();
  await ground.aside(async () => {
    const job = await received(ground, 'process-image', image.image_id);
    await processImage(processDeps(ground), job, FIRST);
  });
  return image;
}

export async function processImages(ground: JobGround): Promise<void> {
  const { image_id } = await ground.uploaded();
  await processImage(processDeps(ground), await received(ground, 'process-image', image_id), FIRST);

  // Where GuardDuty scans, which has not come to it yet.
  const send = ground.functionNamed('upload-image', { SCANNER: 'guardduty' });
  const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'alice', tags: ['sea'] });
  const waiting = await ground.aside(async () => expectImage(await send(path, init), 201));
  const scanned = await received(ground, 'process-image', waiting.image_id);
  const scanning = processImage(processDeps(ground, ground.scanner()), scanned, FIRST);
  await expect(scanning).rejects.toMatchObject({ code: 'unavailable' });

  await rewriteOriginal(ground);

  // A preset is stored, and nobody is told.
  const torn = await ground.uploaded();
  const again = await received(ground, 'process-image', torn.image_id);
  ground.failOn({ ...PUT, fault: answerLost });
  await expect(processImage(processDeps(ground), again, FIRST)).rejects.toMatchObject({
    code: 'unavailable',
  });
  ground.failOn();

  const broken = await ground.uploaded();
  const job = await received(ground, 'process-image', broken.image_id);
  await processImage({ ...processDeps(ground), renderer: new NothingDecodes() }, job, FIRST);
  expect((await recordOf(ground, broken)).status).toBe('rejected');
}

/** An original that says where it was taken becomes another object; the former goes by a job. */
async function rewriteOriginal(ground: JobGround): Promise<void> {
  const send = ground.functionNamed('upload-image', { STRIP_GPS: 'true' });
  const bytes = await placedImage('image/png');
  const { path, init } = uploadCall('raw bytes', bytes, { user_id: 'alice' });
  const placed = await ground.aside(async () => expectImage(await send(path, init), 201));
  const job = await received(ground, 'process-image', placed.image_id);
  await processImage({ ...processDeps(ground), stripGps: true }, job, FIRST);
  const { status, object_key } = await recordOf(ground, placed);
  expect([status, unstrippedKey(object_key)]).toEqual(['ready', `alice/${placed.image_id}`]);
}

class NothingDecodes extends ScriptedRenderer {
  override async develop(): Promise<never> {
    throw new DomainError('unprocessable_image', 'The image cannot be decoded.');
  }
}

export async function withdrawImages(ground: JobGround): Promise<void> {
  const image = await processed(ground);
  const request = ground.functionNamed('delete-image');
  await ground.aside(async () =>
    expectEmpty(await request(`/images/${image.image_id}`, { method: 'DELETE' }), 204),
  );
  const deps = { ...ground.newDeps(), edge: ground.edge() };
  await withdrawImage(deps, await received(ground, 'withdraw-image', image.image_id));
}

export async function cleanUpObjects(ground: JobGround): Promise<void> {
  const record = await recordOf(ground, await ground.uploaded());
  const { image_id, object_key } = record;
  const deps = ground.newDeps();
  // Of a deletion that could not remove the record.
  const audit = eventOf(deps, { caller: ANONYMOUS, action: 'delete-image' }, record);
  const job = { kind: 'clean-up-object', image_id, object_key, audit } as const;
  await ground.aside(() => deps.objects.delete(object_key));
  // A record without bytes; then neither, which is done as bytes without a record are.
  await cleanUpObject(deps, job);
  expect(await ground.aside(() => deps.index.get(image_id))).toBeUndefined();
  await cleanUpObject(deps, job);
}

/** Removals, and how they fail: the bytes, and the record. */
const REMOVAL_FAULTS = [
  { at: 'S3 DELETE', fault: S3_DOWN },
  { ...TRANSACTION, fault: DYNAMODB_DOWN },
];

export async function eraseTheirImages(ground: JobGround): Promise<void> {
  await ground.uploaded();
  const erasure = () => ({ kind: 'erase-images', user_id: 'alice', before: Date.now() + 1000 }) as const;
  for (const fault of REMOVAL_FAULTS) {
    ground.failOn(fault);
    await expect(eraseImages(ground.newDeps(), erasure())).rejects.toMatchObject({ code: 'unavailable' });
  }
  ground.failOn();
  await started(ground, { method: 'parts', size_bytes: 1000 });
  await eraseImages(ground.newDeps(), erasure());

  // More than one job removes: the rest is for another.
  const { index } = ground.newDeps();
  const many = Array.from({ length: 201 }, (_unused, at) =>
    usualRecord({ image_id: newImageId(Date.now() + at), user_id: 'prolific', tags: [] }),
  );
  await ground.aside(async () => {
    for (const record of many) await index.insert(record);
  });
  const before = Date.now();
  await eraseImages(ground.newDeps(), { kind: 'erase-images', user_id: 'prolific', before });
  const rest = await received(ground, 'erase-images', 'prolific');
  await ground.aside(() => eraseImages(ground.newDeps(), rest));
  const filter = { user_id: 'prolific', tags: [], uploaded: {}, order: 'newest' } as const;
  expect(await ground.aside(() => index.list(filter, 1, null))).toEqual({ items: [], next: null });
}

export async function purgeTheTrash(ground: JobGround): Promise<void> {
  const images = [await trashed(ground), await trashed(ground)];
  // Each record goes in one transaction, or stays for the next time.
  ground.failOn({ ...TRANSACTION, fault: DYNAMODB_DOWN });
  await expect(purgeTrash(ground.newDeps())).rejects.toMatchObject({ code: 'unavailable' });
  ground.failOn();
  expect(await purgeTrash(ground.newDeps())).toBeGreaterThanOrEqual(images.length);
  const { index } = ground.newDeps();
  for (const { image_id } of images) {
    expect(await ground.aside(async () => isImageId(image_id) && index.get(image_id))).toBeUndefined();
  }
}

/** Notes whose jobs could not be sent when they were written. */
export async function resendTheJobs(ground: JobGround): Promise<void> {
  ground.failOn({ at: 'SendMessage', fault: SQS_DOWN });
  const image = await ground.uploaded();
  // As of an original that has been rewritten.
  const record = await recordOf(ground, image);
  const { image_id, object_key } = record;
  const { index } = ground.newDeps();
  const next = { ...record, background_revision: record.background_revision + 1 };
  const cleanUp = { kind: 'clean-up-object', image_id, object_key: `${object_key}.t1` } as const;
  await ground.aside(() => index.replace(record, next, [cleanUp]));
  const request = ground.functionNamed('delete-image');
  await ground.aside(async () =>
    expectEmpty(await request(`/images/${image.image_id}`, { method: 'DELETE' }), 204),
  );
  ground.failOn();
  expect(await ground.outbox().resend(Date.now() + 1000)).toBeGreaterThanOrEqual(3);
}
