import { DomainError, imageNotFound, invalidField, isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { uploadObjectKey } from '../../domain/object-key.ts';
import type { ArrivedPart } from '../../ports/upload-store.ts';
import type { Deps } from '../deps.ts';
import { abandonUpload } from './abandon-upload.ts';
import { type Doing, eventOf } from './audit.ts';
import { jobsOnArrival } from './jobs-on-arrival.ts';
import { type MeasuredImage, measureImage } from './measure-image.ts';
import { planParts } from './upload-parts.ts';

/** How often bytes are looked at again because others have arrived meanwhile. */
const TRIES = 3;

export type FinishDeps = Pick<
  Deps,
  'index' | 'uploads' | 'objects' | 'quotas' | 'clock' | 'limits' | 'statusOnArrival' | 'log'
>;

/**
 * Turns a pending image into one that is ready, or about to be scanned: verifies what has arrived, makes exactly that the image's
 * object, then the record, whose change makes it visible. Of several at once one does it, and the others
 * find it done.
 * @throws DomainError `conflict` while bytes are missing or the upload has ended; what the bytes are
 *   refused with, after which nothing of the upload is left.
 */
export async function finishUpload(deps: FinishDeps, image: ImageRecord, doing: Doing): Promise<ImageRecord> {
  const { upload } = image;
  if (!upload || Date.parse(upload.expires_at) <= deps.clock.now()) {
    throw new DomainError('conflict', 'The upload has ended. Start another.');
  }
  const key = uploadObjectKey(image.user_id, image.image_id);
  if (upload.parts_id !== undefined) await joinParts(deps, image, key, upload.parts_id);
  const measured = await acceptBytes(deps, image, key, doing);
  const finished = await makeVisible(deps, image, measured, doing);
  await discardLater(deps, key);
  return finished;
}

/** The record as this or another completion has made it. */
async function makeVisible(
  deps: FinishDeps,
  image: ImageRecord,
  measured: MeasuredImage,
  doing: Doing,
): Promise<ImageRecord> {
  let pending = image;
  for (let tries = 1; ; tries++) {
    const now = new Date(deps.clock.now()).toISOString();
    const times = { upload_time: now, updated_at: now, accepted_at: now };
    const status = deps.statusOnArrival;
    const arrived: ImageRecord = { ...pending, ...measured, ...times, status, upload: null };
    try {
      await deps.index.replace(pending, arrived, jobsOnArrival(arrived), eventOf(deps, doing, arrived));
      return arrived;
    } catch (error) {
      const current = await deps.index.get(image.image_id);
      // Done by another at the same time, or by this one, its answer lost.
      if (current && current.status !== 'pending') return current;
      // Deleted or expired meanwhile: the bytes must not outlive the record.
      if (!current) {
        await deps.objects.delete(image.object_key);
        throw imageNotFound();
      }
      // Its title or tags have been changed meanwhile: they are kept.
      if (!isDomainError(error, 'conflict') || tries === TRIES) throw error;
      pending = current;
    }
  }
}

async function acceptBytes(
  deps: FinishDeps,
  image: ImageRecord,
  key: string,
  doing: Doing,
): Promise<MeasuredImage> {
  for (let tries = 1; ; tries++) {
    const object = await deps.uploads.open(key);
    if (!object) return alreadyAccepted(deps, image);
    try {
      const measured = await measureImage(deps.limits, object.stream(0, object.size_bytes));
      mustBeAsAnnounced(image, measured);
      await deps.uploads.accept(key, object.etag, image.object_key, measured);
      return measured;
    } catch (error) {
      if (isRefusal(error)) await abandonUpload(deps, image, doing);
      // Other bytes have arrived since they were looked at, or while they were: those count, if they are right.
      const mayHaveChanged = isDomainError(error, 'conflict') || isDomainError(error, 'unavailable');
      if (!mayHaveChanged || tries === TRIES) throw error;
    } finally {
      await object.close();
    }
  }
}

/** Nothing has arrived, or it has been accepted by a completion that was cut off before its record. */
async function alreadyAccepted(deps: FinishDeps, image: ImageRecord): Promise<MeasuredImage> {
  const object = await deps.objects.open(image.object_key);
  if (!object) throw new DomainError('conflict', 'The bytes have not arrived yet.');
  try {
    const measured = await measureImage(deps.limits, object.stream(0, object.size_bytes));
    mustBeAsAnnounced(image, measured);
    return measured;
  } finally {
    await object.close();
  }
}

function mustBeAsAnnounced(image: ImageRecord, measured: MeasuredImage): void {
  if (measured.size_bytes !== image.size_bytes) {
    throw invalidField(
      'size_bytes',
      `was ${image.size_bytes}, and ${measured.size_bytes} bytes have arrived`,
    );
  }
  if (image.checksum_sha256 !== null && measured.checksum_sha256 !== image.checksum_sha256) {
    throw invalidField('checksum_sha256', 'is not the SHA-256 of the bytes that have arrived');
  }
  if (measured.content_type !== image.content_type) {
    throw new DomainError(
      'unsupported_media_type',
      `The bytes are ${measured.content_type}, and ${image.content_type} was announced.`,
    );
  }
}

/** What is wrong with the bytes themselves will be so the next time. */
function isRefusal(error: unknown): boolean {
  const codes = [
    'invalid_request',
    'unsupported_media_type',
    'unprocessable_image',
    'payload_too_large',
  ] as const;
  return codes.some((code) => isDomainError(error, code));
}

async function joinParts(
  { uploads }: FinishDeps,
  { size_bytes, upload }: ImageRecord,
  key: string,
  partsId: string,
): Promise<void> {
  const arrived = await uploads.listParts(key, partsId);
  // Joined before, by a completion that was cut off: then what is there counts.
  if (!arrived) return;
  const byNumber = new Map(arrived.map((part) => [part.number, part]));
  const planned = planParts(size_bytes, upload?.part_size_bytes ?? size_bytes);
  const whole: ArrivedPart[] = [];
  const missing: number[] = [];
  for (const { number, size_bytes: size } of planned) {
    const part = byNumber.get(number);
    if (part?.size_bytes === size) whole.push(part);
    else missing.push(number);
  }
  if (missing.length > 0) {
    const named = missing.slice(0, 10).join(', ');
    throw new DomainError('conflict', `${missing.length} parts have not arrived yet: ${named}.`);
  }
  await uploads.joinParts(key, partsId, whole);
}

/** What is accepted is safe; what is left of its arrival goes when it can: the sweep finds it otherwise. */
async function discardLater({ uploads, log }: FinishDeps, key: string): Promise<void> {
  await uploads.discard(key).catch((cause: unknown) => {
    log.warn({ err: cause, upload_key: key }, 'could not remove the bytes of a completed upload now');
  });
}
