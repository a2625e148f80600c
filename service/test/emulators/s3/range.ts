import type { IncomingHttpHeaders } from 'node:http';
import { notImplemented } from './refusal.ts';
import type { S3Store } from './strict-store.ts';

/** Rewrites the ranges that fauxqs takes for impossible: what S3 does not understand it answers whole. */
export function settleRange(
  store: S3Store,
  headers: IncomingHttpHeaders,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): void {
  const { range } = headers;
  if (range === undefined) return;
  if (range.includes(',')) throw notImplemented('A request of several ranges');
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (
    first === undefined ||
    (first === '' && last === '') ||
    (last !== '' && Number(first) > Number(last) && first !== '')
  ) {
    delete headers.range;
    return;
  }
  if (first === '' && Number(last) > sizeAt(store, bucket, key)) headers.range = 'bytes=0-';
}

function sizeAt(store: S3Store, bucket: string, key: string): number {
  try {
    return store.headObject(bucket, key).contentLength;
  } catch {
    return Number.POSITIVE_INFINITY; // fauxqs says itself that there is none.
  }
}
