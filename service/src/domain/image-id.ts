import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** A UUIDv7 (RFC 9562, section 5.7) in lower-case canonical form. */
export type ImageId = string;

const CANONICAL_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Random bytes for as many ids: asking the system for all of them at once costs hardly more than for those of one. */
const IDS_AT_ONCE = 256;
const ID_BYTES = 16;
const pool = Buffer.allocUnsafeSlow(IDS_AT_ONCE * ID_BYTES);
let used = pool.length;

/** A new id whose leading 48 bits are `now`, in milliseconds since 1970; the rest is random. */
export function newImageId(now: number): ImageId {
  return newTimedId(now);
}

/** A UUIDv7 of that time, in milliseconds since 1970: for whatever lies in the order of time. */
export function newTimedId(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return v7({ msecs: now, random });
}

/** Anything else than a canonical UUIDv7 cannot be the id of an image. */
export function isImageId(value: string): value is ImageId {
  return CANONICAL_V7.test(value);
}

/** When an id was made, in milliseconds since 1970. */
export function timeOfImageId(id: ImageId): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
