import type { ImageId } from './image-id.ts';
import type { ObjectKey } from './object-key.ts';

/** Work that goes on after the answer, as plain data. Doing it twice is as good as doing it once. */
export interface CleanUpObject {
  readonly kind: 'clean-up-object';
  readonly image_id: ImageId;
  readonly object_key: ObjectKey;
}

export type Job = CleanUpObject;
