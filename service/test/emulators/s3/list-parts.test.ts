import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const start = async (Key: string) => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
  return { Bucket: BUCKET, Key, UploadId: UploadId ?? '' };
};
type Started = Awaited<ReturnType<typeof start>>;
const part = (started: Started, PartNumber: number, Body: string) =>
  client.send(new UploadPartCommand({ ...started, PartNumber, Body }));
const list = (started: Started, more: object = {}) =>
  client.send(new ListPartsCommand({ ...started, ...more }));

describe('a listing of parts', () => {
  test('has of each number what came last, in the order of the numbers', async () => {
    const started = await start('a&b/<ü>');
    for (const number of [10, 9, 1]) await part(started, number, 'first');
    const { ETag } = await part(started, 9, 'the second');
    const page = await list(started);
    expect(page).toMatchObject({ ...started, IsTruncated: false, MaxParts: 1000 });
    expect(page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 5],
      [9, 10],
      [10, 5],
    ]);
    expect(page.Parts?.[1]?.ETag).toBe(ETag);
    expect(Math.abs(Date.now() - Number(page.Parts?.[1]?.LastModified))).toBeLessThan(60_000);
  });

  test('goes on where a page has ended', async () => {
    const started = await start('paged');
    for (const number of [1, 2, 5]) await part(started, number, 'part');
    const first = await list(started, { MaxParts: 2 });
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    const second = await list(started, { MaxParts: 2, PartNumberMarker: first.NextPartNumberMarker });
    expect(second).toMatchObject({ IsTruncated: false, NextPartNumberMarker: '5' });
    expect(second.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([5]);
    expect((await list(started, { MaxParts: 5000 })).MaxParts).toBe(1000);
  });

  test('of an upload without parts has none, and says a next marker all the same', async () => {
    const { Parts, IsTruncated, NextPartNumberMarker } = await list(await start('empty'));
    expect([Parts, IsTruncated, NextPartNumberMarker]).toEqual([undefined, false, '0']);
  });

  test('is of one key, and over when the upload is', async () => {
    const [completed, aborted] = [await start('completed'), await start('aborted')];
    const none = answered(404, 'NoSuchUpload');
    await expect(list({ ...completed, Key: 'another' })).rejects.toMatchObject(none);
    await expect(list({ ...completed, UploadId: 'unknown' })).rejects.toMatchObject(none);
    const { ETag } = await part(completed, 1, 'only');
    const Parts = [{ PartNumber: 1, ETag }];
    await client.send(new CompleteMultipartUploadCommand({ ...completed, MultipartUpload: { Parts } }));
    await client.send(new AbortMultipartUploadCommand(aborted));
    for (const over of [completed, aborted]) await expect(list(over)).rejects.toMatchObject(none);
  });

  test('with a page size that is no number is refused', async () => {
    await expect(list(await start('sizes'), { MaxParts: -1 })).rejects.toMatchObject(
      answered(400, 'InvalidArgument'),
    );
  });
});
