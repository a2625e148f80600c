import * as z from 'zod';
import { isImageId } from './image-id.ts';
import { isObjectKey } from './object-key.ts';

const reservedRoom = z.object({ user_id: z.string(), images: z.int().min(0), bytes: z.int().min(0) });

/** What is reserved of a user's quota. */
export type ReservedRoom = Readonly<z.output<typeof reservedRoom>>;

const cleanUpObject = z.object({
  kind: z.literal('clean-up-object'),
  image_id: z.string().refine(isImageId),
  object_key: z.string().refine(isObjectKey),
  /** Of an upload whose record may have come after all: to be given back if there is none. */
  reserved: reservedRoom.optional(),
});

const finishUpload = z.object({
  kind: z.literal('finish-upload'),
  image_id: z.string().refine(isImageId),
  upload_key: z.string().refine(isObjectKey),
});

/** Bytes have arrived for an announced upload, whose caller may never say so. */
export type FinishUpload = Readonly<z.output<typeof finishUpload>>;

/** What a failure has left of an image is to be settled. */
export type CleanUpObject = Readonly<z.output<typeof cleanUpObject>>;

/**
 * Work that goes on after the answer, as plain data. Doing it twice is as good as doing it once, but for a
 * quota, which may be given back twice; `tintype doctor` mends that.
 */
export type Job = CleanUpObject | FinishUpload;

const job = z.discriminatedUnion('kind', [cleanUpObject, finishUpload]);

/** A job from the text that a queue keeps. @throws Error for what is none. */
export function jobFromText(text: string): Job {
  return job.parse(JSON.parse(text));
}
