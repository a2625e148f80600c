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

/** The millisecond of the latest id, and where its counter stands. */
let latest = { msecs: Number.NaN, sequence: 0 };

/** A new id whose leading 48 bits are `now`, in milliseconds since 1970; the rest is random. */
export function newImageId(now: number): ImageId {
  return newTimedId(now);
}

/**
 * A UUIDv7 of that time, in milliseconds since 1970: for whatever lies in the order of time. Those that a process makes
 * one after the other for the same millisecond are in that order: 32 bits count on from a random start (RFC 9562,
 * section 6.2, method 1).
 */
export function newTimedId(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  // The start leaves the highest bit free, so that no count of one millisecond comes to the end of its bits.
  const sequence = latest.msecs === now ? latest.sequence + 1 : random.readUInt32BE() >>> 1;
  latest = { msecs: now, sequence };
  return v7({ msecs: now, seq: sequence, random });
}

/** Of one request it is asked more than once. */
let latestFound: ImageId | undefined;

/** Anything else than a canonical UUIDv7 cannot be the id of an image. */
export function isImageId(value: string): value is ImageId {
  if (value === latestFound) return true;
  if (!CANONICAL_V7.test(value)) return false;
  latestFound = value;
  return true;
}

/** When an id was made, in milliseconds since 1970. */
export function timeOfImageId(id: ImageId): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
