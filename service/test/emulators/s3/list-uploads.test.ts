import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { startS3 } from './s3.ts';
import { BUCKET, clientAt, createSampleBucket } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const start = async (Key: string) => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
  return { Key, UploadId: UploadId ?? '' };
};
const list = (more: object = {}) => client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, ...more }));

describe('a listing of uploads in parts', () => {
  test('has those that have not ended, with when they began, by key', async () => {
    const [b, a, other] = [await start('open/b&<ü>'), await start('open/a'), await start('other')];
    const ended = await start('open/ended');
    await client.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, ...ended }));
    const page = await list({ Prefix: 'open/' });
    expect(page).toMatchObject({ Bucket: BUCKET, IsTruncated: false, Uploads: [a, b] });
    expect(Math.abs(Date.now() - Number(page.Uploads?.[0]?.Initiated))).toBeLessThan(60_000);
    expect((await list()).Uploads).toMatchObject([a, b, other]);
    expect((await list({ Prefix: 'none/' })).Uploads).toBeUndefined();
  });

  test('goes on where a page has ended, also within a key', async () => {
    const started = [await start('paged'), await start('paged'), await start('paged'), await start('paged+')];
    const found: unknown[] = [];
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker) {
      const page = await list({ Prefix: 'paged', MaxUploads: 2, ...marker });
      found.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId));
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    expect(found.toSorted()).toEqual(started.map(({ UploadId }) => UploadId).toSorted());
    expect((await list({ Prefix: 'paged', KeyMarker: 'paged' })).Uploads).toHaveLength(1);
  });
});
