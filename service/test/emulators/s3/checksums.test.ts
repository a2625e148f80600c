import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, describe, expect, test } from 'vitest';
import { verifyBody } from './checksums.ts';
import { Refusal } from './refusal.ts';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const digest = (algorithm: string, data: string) => createHash(algorithm).update(data).digest('base64');
const put = (Key: string, more: object) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'hello', ...more }));
const head = (Key: string) =>
  client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));

describe('a checksum', () => {
  test('that fits is kept, and told to those who ask', async () => {
    await put('right', { ChecksumSHA256: digest('sha256', 'hello') });
    expect((await head('right')).ChecksumSHA256).toBe(digest('sha256', 'hello'));
  });

  test.each([
    ['SHA-256', { ChecksumSHA256: digest('sha256', 'other') }, 'BadDigest'],
    ['SHA-1', { ChecksumSHA1: digest('sha1', 'other') }, 'BadDigest'],
    ['CRC-32', { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest'],
    ['MD5', { ContentMD5: digest('md5', 'other') }, 'BadDigest'],
    ['SHA-256, in hex', { ChecksumSHA256: Buffer.alloc(32).toString('hex') }, 'InvalidRequest'],
  ])('that does not fit is refused, and nothing is stored: %s', async (_name, more, code) => {
    await expect(put('wrong', more)).rejects.toMatchObject(answered(400, code));
    await expect(head('wrong')).rejects.toMatchObject(answered(404));
  });

  test('of a kind that cannot be verified is not believed', async () => {
    await expect(put('unverified', { ChecksumCRC32C: 'AAAAAA==' })).rejects.toMatchObject(answered(501));
  });

  test('that an SDK adds by itself is verified, also after a stream', async () => {
    const adding = clientAt(s3.endpoint, { requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const data = Buffer.alloc(200_000, 'stream');
    const place = { Bucket: BUCKET, Key: 'streamed' };
    await adding.send(
      new PutObjectCommand({ ...place, Body: Readable.from([data]), ContentLength: data.length }),
    );
    const { Body, ChecksumCRC32 } = await client.send(
      new GetObjectCommand({ ...place, ChecksumMode: 'ENABLED' }),
    );
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(data);
    expect(ChecksumCRC32).toMatch(/^[\w+/]{6}==$/);
    await adding.send(new PutObjectCommand({ ...place, Body: 'whole' }));
    expect((await head('streamed')).ContentLength).toBe(5);
  });

  test('in a presigned URL counts where its header is signed', async () => {
    const command = new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'presigned',
      ChecksumSHA256: digest('sha256', 'hello'),
    });
    const name = 'x-amz-checksum-sha256';
    const url = await getSignedUrl(client, command, {
      expiresIn: 60,
      unhoistableHeaders: new Set([name]),
    });
    const upload = async (body: string, headers: Record<string, string>) =>
      outcome(await fetch(url, { method: 'PUT', body, headers }));
    const right = { [name]: digest('sha256', 'hello') };
    expect(await upload('hello', right)).toEqual([200]);
    expect(await upload('hellO', right)).toEqual([400, 'BadDigest']);
    const refused = [403, 'SignatureDoesNotMatch'];
    expect(await upload('hellO', { [name]: digest('sha256', 'hellO') })).toEqual(refused);
    expect(await upload('hello', {})).toEqual(refused);
    expect((await head('presigned')).ChecksumSHA256).toBe(digest('sha256', 'hello'));
  });
});

describe('a body in chunks', () => {
  const chunked = (body: string, more: Record<string, string> = {}) => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-sha256',
      ...more,
    };
    verifyBody({ method: 'PUT', path: '/', query: [], headers }, Buffer.from(body));
  };
  const trailer = (data: string) => `x-amz-checksum-sha256:${digest('sha256', data)}\r\n\r\n`;

  test('is verified by what follows it', () => {
    expect(() => chunked(`2\r\nhe\r\n3\r\nllo\r\n0\r\n${trailer('hello')}`)).not.toThrow();
    expect(() => chunked(`2\r\nhe\r\n3\r\nllo\r\n0\r\n${trailer('other')}`)).toThrow(/did not match/);
  });

  test.each([
    ['ends early', '2\r\nhe\r\n'],
    ['is shorter than it says', `2\r\nhe\r\n0\r\n${trailer('he')}`],
    ['has a chunk longer than it says', `2\r\nhell\r\n1\r\no\r\n0\r\n${trailer('hello')}`],
    ['is not in chunks', 'hello'],
    ['lacks the checksum that it announces', '5\r\nhello\r\n0\r\n\r\n'],
  ])('is refused where it %s', (_what, body) => {
    expect(() => chunked(body)).toThrow(Refusal);
  });
});
