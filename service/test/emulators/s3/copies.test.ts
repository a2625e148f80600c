import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const sha256 = (data: string) => createHash('sha256').update(data).digest('base64');
const put = (Key: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key, ...more }));
const head = (Key: string) =>
  client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
const copy = (from: string, Key: string, more: object = {}) => {
  const CopySource = `${BUCKET}/${from.split('/').map(encodeURIComponent).join('/')}`;
  return client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource, ...more }));
};
const replacing = { MetadataDirective: 'REPLACE', ContentType: 'image/png' } as const;

describe('a copy onto what must not be there', () => {
  test('replaces nothing', async () => {
    await put('source');
    await put('taken');
    await expect(copy('source', 'taken', { IfNoneMatch: '*' })).rejects.toMatchObject(
      answered(412, 'PreconditionFailed'),
    );
    expect((await head('taken')).ETag).not.toBe((await head('source')).ETag);
    await copy('source', 'free', { IfNoneMatch: '*' });
    expect((await head('free')).ETag).toBe((await head('source')).ETag);
  });

  test('lets one of many through', async () => {
    for (let n = 0; n < 10; n++) await put(`candidate-${n}`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => copy(`candidate-${n}`, 'one', { IfNoneMatch: '*' })),
    );
    const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
    expect(winners).toHaveLength(1);
    expect((await head('one')).ETag).toBe((await head(`candidate-${winners[0]}`)).ETag);
  });

  test('can be conditional on both keys, and on nothing that is not understood', async () => {
    const { ETag } = await put('both');
    await copy('both', 'both-copied', { CopySourceIfMatch: ETag, IfNoneMatch: '*' });
    await put('both', { Body: 'changed' });
    await expect(
      copy('both', 'both-again', { CopySourceIfMatch: ETag, IfNoneMatch: '*' }),
    ).rejects.toMatchObject(answered(412, 'PreconditionFailed'));
    await expect(copy('both', 'x', { IfMatch: ETag })).rejects.toMatchObject(answered(501));
    await expect(copy('both', 'x', { IfNoneMatch: ETag })).rejects.toMatchObject(answered(501));
  });
});

describe('the checksum of a copy', () => {
  test('is of the kind that was asked for, is told at once, and is kept', async () => {
    await put('bare');
    const { CopyObjectResult } = await copy('bare', 'summed', { ...replacing, ChecksumAlgorithm: 'SHA256' });
    expect(CopyObjectResult).toMatchObject({ ChecksumSHA256: sha256('bare'), ChecksumType: 'FULL_OBJECT' });
    expect((await head('summed')).ChecksumSHA256).toBe(sha256('bare'));
    expect((await copy('bare', 'unsummed', replacing)).CopyObjectResult?.ChecksumSHA256).toBeUndefined();
  });

  test("is otherwise of the source's kind", async () => {
    await put('first', { ChecksumSHA256: sha256('first') });
    for (const more of [{}, replacing]) {
      const { CopyObjectResult } = await copy('first', 'second', more);
      expect(CopyObjectResult?.ChecksumSHA256).toBe(sha256('first'));
      expect((await head('second')).ChecksumSHA256).toBe(sha256('first'));
    }
  });

  test('of what was put in parts is of the whole', async () => {
    const place = { Bucket: BUCKET, Key: 'parts' };
    const begin = new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'SHA256' });
    const { UploadId } = await client.send(begin);
    const part = { PartNumber: 1, ChecksumSHA256: sha256('whole') };
    const { ETag } = await client.send(new UploadPartCommand({ ...place, ...part, UploadId, Body: 'whole' }));
    const Parts = [{ ...part, ETag }];
    await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
    expect((await head('parts')).ChecksumSHA256).toMatch(/-1$/);
    await copy('parts', 'joined', { ...replacing, ChecksumAlgorithm: 'SHA256' });
    expect(await head('joined')).toMatchObject({
      ChecksumSHA256: sha256('whole'),
      ChecksumType: 'FULL_OBJECT',
      ETag: `"${createHash('md5').update('whole').digest('hex')}"`,
    });
    await expect(copy('parts', 'kept')).rejects.toMatchObject(answered(501));
  });

  test('of a kind that cannot be made is refused', async () => {
    await put('crc');
    for (const ChecksumAlgorithm of ['CRC32C', 'CRC64NVME']) {
      await expect(copy('crc', 'x', { ...replacing, ChecksumAlgorithm })).rejects.toMatchObject(
        answered(501, 'NotImplemented'),
      );
    }
  });
});

describe('the source of a copy', () => {
  test.each(['a%2Eb/one', '%2E%2E/%25', 'ü ?&+/#'])(
    'is the key that is encoded, and no other: %s',
    async (key) => {
      await put(key, { Body: 'right' });
      await put(decodeURIComponent(key.replaceAll(/%(?!2)/g, '%25')), {
        Body: key.includes('%2') ? 'wrong' : 'right',
      });
      await copy(key, 'target');
      const right = createHash('md5').update('right').digest('hex');
      expect((await head('target')).ETag).toBe(`"${right}"`);
    },
  );

  test('gives up its tags where they are to be replaced; tags themselves are refused', async () => {
    await put('tagged');
    await copy('tagged', 'untagged', { ...replacing, TaggingDirective: 'REPLACE' });
    await expect(copy('tagged', 'x', { TaggingDirective: 'REPLACE', Tagging: 'a=b' })).rejects.toMatchObject(
      answered(501),
    );
  });
});
