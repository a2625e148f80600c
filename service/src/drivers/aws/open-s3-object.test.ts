import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { isDomainError } from '../../domain/errors.ts';
import { openS3Object } from './open-s3-object.ts';

const BYTES = Buffer.from('the bytes that were stored');
const CHECKSUM = createHash('sha256').update(BYTES).digest('base64');

/** An object of S3 that holds `bytes`, which come in pieces of ten. */
async function opened(bytes: Buffer, ChecksumSHA256: string | undefined) {
  const { client, sent } = stubbedClient<S3Client>(({ name, input }) => {
    if (name === 'HeadObject') return { ContentLength: bytes.length, ETag: '"e"', ChecksumSHA256 };
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(String(input['Range'])) ?? [];
    const asked = bytes.subarray(Number(start), Number(end) + 1);
    return { Body: inTens(asked) };
  });
  return { object: await openS3Object(client, { Bucket: 'pictures', Key: 'alice/one' }), sent };
}

async function* inTens(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 10) yield bytes.subarray(at, at + 10);
}

const damaged = () => {
  const bytes = Buffer.from(BYTES);
  bytes[3] = 0;
  return bytes;
};

describe('an object of S3 read whole', () => {
  test('is asked for with its checksum, and given where it has that', async () => {
    const { object, sent } = await opened(BYTES, CHECKSUM);
    expect(sent[0]?.input).toMatchObject({ ChecksumMode: 'ENABLED' });
    expect(Buffer.from(await object.read(0, BYTES.length)).equals(BYTES)).toBe(true);
  });

  test('fails where its bytes have not the checksum that it was put with', async () => {
    const { object } = await opened(damaged(), CHECKSUM);
    const failure = await object.read(0, BYTES.length).catch((error: unknown) => error);
    expect(isDomainError(failure, 'unavailable') && String(failure.cause)).toContain('alice/one is damaged');
  });

  test('never gives its last piece where it is damaged', async () => {
    const { object } = await opened(damaged(), CHECKSUM);
    const given: Uint8Array[] = [];
    const readAll = async () => {
      for await (const piece of object.stream(0, BYTES.length)) given.push(piece);
    };
    await expect(readAll()).rejects.toSatisfy((error) => isDomainError(error, 'unavailable'));
    expect(Buffer.concat(given).length).toBe(20);
  });

  test.each([
    ['has no checksum', undefined],
    ["has only that of its parts' checksums", `${CHECKSUM}-3`],
  ])('cannot be checked where it %s', async (_what, checksum) => {
    const { object } = await opened(BYTES, checksum);
    expect(Buffer.from(await object.read(0, BYTES.length)).equals(BYTES)).toBe(true);
  });
});

test('a range of an object of S3 is given as it is', async () => {
  const { object } = await opened(damaged(), CHECKSUM);
  expect(Buffer.from(await object.read(5, 15)).equals(BYTES.subarray(5, 15))).toBe(true);
  expect(await object.read(5, 5)).toHaveLength(0);
});
