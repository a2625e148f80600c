import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { OpenObject } from '../../ports/object-store.ts';
import { storeFailure } from './failures.ts';

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * An object of S3 for reading: what is read later is the same object, or fails. Read whole it is held
 * against the SHA-256 that it was put with, before its last piece is given.
 */
export async function openS3Object(client: S3Client, location: Location): Promise<OpenObject> {
  const head = await client.send(new HeadObjectCommand({ ...location, ChecksumMode: 'ENABLED' }));
  const size = head.ContentLength ?? 0;
  async function* stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (end <= start) return;
    const range = { Range: `bytes=${start}-${end - 1}`, IfMatch: head.ETag };
    const isWhole = start === 0 && end === size;
    const expected = isWhole ? wholeChecksum(head.ChecksumSHA256) : undefined;
    const hash = expected === undefined ? undefined : createHash('sha256');
    let at = start;
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...location, ...range }));
      if (!Body) throw new Error('S3 answered without a body.');
      for await (const piece of Body as AsyncIterable<Uint8Array>) {
        at += piece.length;
        hash?.update(piece);
        if (at >= end && hash && hash.digest('base64') !== expected) {
          throw new Error(`The object ${location.Key} is damaged: its bytes have not its SHA-256.`);
        }
        yield piece;
      }
    } catch (error) {
      throw storeFailure(error);
    }
  }
  return {
    size_bytes: size,
    etag: head.ETag ?? '',
    last_modified: head.LastModified ?? new Date(0),
    async read(start, end) {
      const pieces: Uint8Array[] = [];
      for await (const piece of stream(start, end)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    stream,
    close: async () => {},
  };
}

/** Of an object that was put in parts S3 has a checksum of the parts' checksums, which ends in their number. */
function wholeChecksum(checksum: string | undefined): string | undefined {
  return checksum?.includes('-') ? undefined : checksum;
}
