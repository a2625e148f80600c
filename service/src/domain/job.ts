import * as z from 'zod';
import { auditEvent } from './audit-event.ts';
import { isImageId } from './image-id.ts';
import { isObjectKey } from './object-key.ts';
import { announcedEvent } from './webhook-event.ts';

const reservedRoom = z.object({ user_id: z.string(), images: z.int().min(0), bytes: z.int().min(0) });

/** What is reserved of a user's quota. */
export type ReservedRoom = Readonly<z.output<typeof reservedRoom>>;

/** Who asked for what a job does. */
const origin = z.object({
  user_id: z.string().nullable(),
  request_id: z.string(),
  address: z.string().nullable(),
});

const cleanUpObject = z.object({
  kind: z.literal('clean-up-object'),
  image_id: z.string().refine(isImageId),
  object_key: z.string().refine(isObjectKey),
  /** Of an upload whose record may have come after all: to be given back if there is none. */
  reserved: reservedRoom.optional(),
  /** Of a deletion that could not remove the record: it goes with that. */
  audit: auditEvent.optional(),
  /** Of a deletion after whose bytes only the record is left: there is nothing to wait for. */
  bytes_are_gone: z.literal(true).optional(),
});

const finishUpload = z.object({
  kind: z.literal('finish-upload'),
  image_id: z.string().refine(isImageId),
  upload_key: z.string().refine(isObjectKey),
});

const processImage = z.object({
  kind: z.literal('process-image'),
  image_id: z.string().refine(isImageId),
  version: z.int().min(1),
});

const withdrawImage = z.object({
  kind: z.literal('withdraw-image'),
  image_id: z.string().refine(isImageId),
  user_id: z.string(),
  /** Objects that its record does not refer to any more. */
  object_keys: z.array(z.string().refine(isObjectKey)).default([]),
  /**
   * Of an image that is gone, and all whose bytes went before its record: its last version. What is left of it are renditions
   * of that and of those before. Where it is not said there may be more.
   */
  last_version: z.int().min(1).optional(),
});

const eraseImages = z.object({
  kind: z.literal('erase-images'),
  user_id: z.string(),
  /** What was uploaded later stays; milliseconds since 1970. */
  before: z.int(),
  /** Jobs of earlier releases do not say. */
  asked_by: origin.optional(),
});

const announceEvent = z.object({
  kind: z.literal('announce-event'),
  event: announcedEvent,
  /** Of a delivery that is to be sent once more: to this webhook alone. */
  webhook_id: z.string().refine(isImageId).optional(),
});

const syncSearch = z.object({
  kind: z.literal('sync-search'),
  image_id: z.string().refine(isImageId),
});

/** Bytes have arrived for an announced upload, whose caller may never say so. */
export type FinishUpload = Readonly<z.output<typeof finishUpload>>;

/** A version's bytes are accepted: they are to be scanned, decoded, and shown. */
export type ProcessImage = Readonly<z.output<typeof processImage>>;

/**
 * An image, or what it looked like before, is not to be seen any more: what was made of it goes, and so do the
 * bytes that nothing refers to.
 */
export type WithdrawImage = Readonly<z.output<typeof withdrawImage>>;

/** All that a user has is to go. */
export type EraseImages = Readonly<z.output<typeof eraseImages>>;

/** Webhooks are to be told what has happened to an image. */
export type AnnounceEvent = Readonly<z.output<typeof announceEvent>>;

/** An image is to be found as its record says by then, or not any more if there is none. */
export type SyncSearch = Readonly<z.output<typeof syncSearch>>;

/** What a failure has left of an image is to be settled. */
export type CleanUpObject = Readonly<z.output<typeof cleanUpObject>>;

/**
 * Work that goes on after the answer, as plain data. Doing it twice is as good as doing it once, but for a
 * quota, which may be given back twice; `tintype doctor` mends that.
 */
export type Job =
  | AnnounceEvent
  | CleanUpObject
  | EraseImages
  | FinishUpload
  | ProcessImage
  | SyncSearch
  | WithdrawImage;

export type JobKind = Job['kind'];

/** Which try of a job it is. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** It is laid aside if this one fails. */
  readonly isLast: boolean;
}

const kinds = [
  announceEvent,
  cleanUpObject,
  eraseImages,
  finishUpload,
  processImage,
  syncSearch,
  withdrawImage,
] as const;

const job = z.discriminatedUnion('kind', kinds);

export const JOB_KINDS: readonly JobKind[] = kinds.map(({ shape }) => shape.kind.value);

/**
 * How long a job waits at least before it is done, in seconds: whatever request a clean-up looks after has
 * long come to its end by then. Where only a record is left it looks after none, and is done at once: until then the image is
 * listed, and cannot be shown.
 */
export function delayOf(job: Pick<Job, 'kind'> & Pick<CleanUpObject, 'bytes_are_gone'>): number {
  return job.kind === 'clean-up-object' && !job.bytes_are_gone ? 60 : 0;
}

/** A job from the text that a queue keeps. @throws Error for what is none. */
export function jobFromText(text: string): Job {
  return job.parse(JSON.parse(text));
}
