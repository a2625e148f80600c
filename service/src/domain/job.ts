import * as z from 'zod';
import { isImageId } from './image-id.ts';
import { isObjectKey } from './object-key.ts';

const cleanUpObject = z.object({
  kind: z.literal('clean-up-object'),
  image_id: z.string().refine(isImageId),
  object_key: z.string().refine(isObjectKey),
});

/** What a failure has left of an image is to be settled. */
export type CleanUpObject = Readonly<z.output<typeof cleanUpObject>>;

/** Work that goes on after the answer, as plain data. Doing it twice is as good as doing it once. */
export type Job = CleanUpObject;

/** A job from the text that a queue keeps. @throws Error for what is none. */
export function jobFromText(text: string): Job {
  return cleanUpObject.parse(JSON.parse(text));
}
