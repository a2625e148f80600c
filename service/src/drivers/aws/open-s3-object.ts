import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { OpenObject } from '../../ports/object-store.ts';
import { storeFailure } from './failures.ts';

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

/** An object of S3 for reading: what is read later is the same object, or fails. */
export async function openS3Object(client: S3Client, location: Location): Promise<OpenObject> {
  const head = await client.send(new HeadObjectCommand(location));
  const get = async (start: number, end: number) => {
    const command = new GetObjectCommand({
      ...location,
      Range: `bytes=${start}-${end - 1}`,
      IfMatch: head.ETag,
    });
    const { Body } = await client.send(command);
    if (!Body) throw new Error('S3 answered without a body.');
    return Body;
  };
  return {
    size_bytes: head.ContentLength ?? 0,
    etag: head.ETag ?? '',
    last_modified: head.LastModified ?? new Date(0),
    async read(start, end) {
      if (end <= start) return new Uint8Array();
      try {
        return await (await get(start, end)).transformToByteArray();
      } catch (error) {
        throw storeFailure(error);
      }
    },
    async *stream(start, end) {
      if (end <= start) return;
      try {
        yield* (await get(start, end)) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw storeFailure(error);
      }
    },
    close: async () => {},
  };
}
