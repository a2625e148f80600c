import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, describe, expect, test } from 'vitest';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const MiB = 1024 * 1024;
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('base64');

const start = async (Key: string, more: object = {}) => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key, ...more }));
  return UploadId ?? '';
};
const part = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer, more: object = {}) => {
  const { ETag } = await client.send(
    new UploadPartCommand({ Bucket: BUCKET, Key, UploadId, PartNumber, Body, ...more }),
  );
  return { PartNumber, ETag, ...more };
};
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  client.send(
    new CompleteMultipartUploadCommand({
      Bucket: BUCKET,
      Key,
      UploadId,
      MultipartUpload: { Parts },
      ...more,
    }),
  );
const head = (Key: string, more: object = {}) =>
  client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...more }));

describe('an upload in parts', () => {
  test('makes one object of them', async () => {
    const id = await start('whole', { ContentType: 'image/tiff' });
    const first = await part('whole', id, 1, Buffer.alloc(20 * MiB, 1));
    const second = await part('whole', id, 2, Buffer.alloc(10, 2));
    await complete('whole', id, [first, second]);
    expect(await head('whole')).toMatchObject({
      ContentLength: 20 * MiB + 10,
      ContentType: 'image/tiff',
      ETag: expect.stringMatching(/-2"$/),
    });
    await expect(complete('whole', id, [first, second])).rejects.toMatchObject(answered(404, 'NoSuchUpload'));
  });

  test('replaces nothing where it must not', async () => {
    const id = await start('taken');
    const only = await part('taken', id, 1, Buffer.from('parts'));
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'taken', Body: 'first' }));
    await expect(complete('taken', id, [only], { IfNoneMatch: '*' })).rejects.toMatchObject(
      answered(412, 'PreconditionFailed'),
    );
    expect((await head('taken')).ETag).not.toMatch(/-1"$/);
    await complete('taken', id, [only]);
    expect((await head('taken')).ETag).toMatch(/-1"$/);
  });

  test('takes parts by presigned URLs, each for its number and its key', async () => {
    const id = await start('presigned');
    const sign = (Key: string, PartNumber: number) =>
      getSignedUrl(client, new UploadPartCommand({ Bucket: BUCKET, Key, UploadId: id, PartNumber }));
    const url = await sign('presigned', 1);
    const upload = (to: string) => fetch(to, { method: 'PUT', body: 'part' });
    const response = await upload(url);
    expect(response.status).toBe(200);
    expect(await outcome(await upload(url.replace('partNumber=1', 'partNumber=2')))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    expect(await outcome(await upload(await sign('another', 1)))).toEqual([404, 'NoSuchUpload']);
    for (const number of [0, 10_001]) {
      expect(await outcome(await upload(await sign('presigned', number)))).toEqual([400, 'InvalidArgument']);
    }
    await complete('presigned', id, [{ PartNumber: 1, ETag: response.headers.get('etag') ?? '' }]);
    expect((await head('presigned')).ContentLength).toBe(4);
  });
});

describe('an upload in parts, asked for something wrong,', () => {
  test('of another key can be neither completed nor given up', async () => {
    const id = await start('mine');
    const only = await part('mine', id, 1, Buffer.from('mine'));
    await expect(complete('yours', id, [only])).rejects.toMatchObject(answered(404, 'NoSuchUpload'));
    const abort = (Key: string) =>
      client.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId: id }));
    await expect(abort('yours')).rejects.toMatchObject(answered(404, 'NoSuchUpload'));
    await abort('mine');
    await expect(complete('mine', id, [only])).rejects.toMatchObject(answered(404, 'NoSuchUpload'));
  });

  test('is completed by a right list of its parts only', async () => {
    const id = await start('listed');
    const small = await part('listed', id, 1, Buffer.from('small'));
    const last = await part('listed', id, 2, Buffer.from('last'));
    const refused = (parts: CompletedPart[], code: string) =>
      expect(complete('listed', id, parts)).rejects.toMatchObject(answered(400, code));
    await refused([], 'MalformedXML');
    await refused([last, small], 'InvalidPartOrder');
    await refused([{ ...small, ETag: '"another"' }], 'InvalidPart');
    await refused([small, last], 'EntityTooSmall');
    await complete('listed', id, [small]);
  });

  test('with checksums asks for them with each part, and again at the end', async () => {
    const data = Buffer.from('summed');
    const id = await start('summed', { ChecksumAlgorithm: 'SHA256' });
    await expect(part('summed', id, 1, data)).rejects.toMatchObject(answered(400, 'InvalidRequest'));
    await expect(
      part('summed', id, 1, data, { ChecksumSHA256: sha256(Buffer.from('other')) }),
    ).rejects.toMatchObject(answered(400, 'BadDigest'));
    const only = await part('summed', id, 1, data, { ChecksumSHA256: sha256(data) });
    const { ChecksumSHA256: _sum, ...bare } = only as CompletedPart;
    await expect(complete('summed', id, [bare])).rejects.toMatchObject(answered(400, 'InvalidRequest'));
    const wrong = { ...bare, ChecksumSHA256: sha256(Buffer.from('other')) };
    await expect(complete('summed', id, [wrong])).rejects.toMatchObject(answered(400, 'InvalidPart'));
    await complete('summed', id, [only]);
    expect((await head('summed', { ChecksumMode: 'ENABLED' })).ChecksumSHA256).toMatch(/-1$/);
  });
});
