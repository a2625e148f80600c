import { createHash, randomBytes } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, describe, expect, test } from 'vitest';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const put = (Key: string, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key, ...more }));
const get = (Key: string, more: object = {}) =>
  client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...more }));
const head = (Key: string, more: object = {}) =>
  client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...more }));
const textOf = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe('the emulator of S3', () => {
  test('listens on the loopback interface only, and not after it has stopped', async () => {
    const another = await startS3();
    expect(new URL(another.endpoint).hostname).toBe('127.0.0.1');
    expect(another.endpoint).not.toBe(s3.endpoint);
    await another.stop();
    await expect(fetch(another.endpoint)).rejects.toThrow();
  });

  test('gives back what was put, and what was said of it', async () => {
    const bytes = randomBytes(200_000);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const stored = await put('whole', {
      Body: bytes,
      ContentType: 'image/png',
      CacheControl: 'private',
      Metadata: { owner: 'u1' },
    });
    expect(stored.ETag).toBe(etag);
    const got = await get('whole');
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    const said = { ContentType: 'image/png', CacheControl: 'private', Metadata: { owner: 'u1' }, ETag: etag };
    expect(got).toMatchObject(said);
    expect(await head('whole')).toMatchObject({ ...said, ContentLength: 200_000, AcceptRanges: 'bytes' });
  });

  test('takes an empty object, and one of 40 MiB', async () => {
    await put('empty', { Body: new Uint8Array() });
    expect((await head('empty')).ContentLength).toBe(0);
    const large = Buffer.alloc(40 * 1024 * 1024, 7);
    await put('large', { Body: large });
    expect((await head('large')).ContentLength).toBe(large.length);
  });

  test('answers for what is not there', async () => {
    await expect(head('absent')).rejects.toMatchObject(answered(404, 'NotFound'));
    await expect(get('absent')).rejects.toMatchObject(answered(404, 'NoSuchKey'));
    await expect(
      client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'absent' })),
    ).rejects.toMatchObject(answered(404, 'NoSuchBucket'));
    await expect(client.send(new HeadBucketCommand({ Bucket: 'nowhere' }))).rejects.toMatchObject(
      answered(404),
    );
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'absent' }));
  });

  test.each([
    'user%2Ename/0193-a.v2',
    '.uploads/0193',
    'ä b+c%20&=é~!*()/写真.png',
    `${'%25'.repeat(120)}/long`,
  ])('keeps the key %s', async (key) => {
    await put(key);
    expect(await textOf(key)).toBe(key);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: key }));
    expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
  });
});

describe('a range', () => {
  test.each([
    ['bytes=2-4', '234'],
    ['bytes=7-', '789'],
    ['bytes=-3', '789'],
    ['bytes=-100', '0123456789'],
    ['bytes=5-100', '56789'],
    ['lines=1-2', '0123456789'],
    ['bytes=4-2', '0123456789'],
  ])('%s of ten bytes is answered with %s', async (Range, text) => {
    await put('digits', { Body: '0123456789' });
    expect(await textOf('digits', { Range })).toBe(text);
  });

  test('beyond the end is refused', async () => {
    await put('digits', { Body: '0123456789' });
    await expect(get('digits', { Range: 'bytes=10-' })).rejects.toMatchObject(answered(416, 'InvalidRange'));
  });
});

describe('a condition', () => {
  test('of a read is kept', async () => {
    const { ETag } = await put('read-if');
    for (const read of [get, head]) {
      await expect(read('read-if', { IfNoneMatch: ETag })).rejects.toMatchObject(answered(304));
      await expect(read('read-if', { IfMatch: '"another"' })).rejects.toMatchObject(answered(412));
      await read('read-if', { IfMatch: ETag, IfNoneMatch: '"another"' });
    }
  });

  test('that there be nothing lets one of many through', async () => {
    const command = new PutObjectCommand({ Bucket: BUCKET, Key: 'once', IfNoneMatch: '*' });
    // Signed beforehand, so that they arrive together.
    const url = await getSignedUrl(client, command, { unhoistableHeaders: new Set(['if-none-match']) });
    const bodies = Array.from({ length: 40 }, (_, n) => `${n}`);
    const statuses = await Promise.all(
      bodies.map(async (body) => {
        const response = await fetch(url, { method: 'PUT', body, headers: { 'if-none-match': '*' } });
        return (await outcome(response)).join(' ');
      }),
    );
    expect(statuses.filter((status) => status === '200')).toHaveLength(1);
    expect(statuses.filter((status) => status === '412 PreconditionFailed')).toHaveLength(39);
    expect(await textOf('once')).toBe(bodies[statuses.indexOf('200')]);
  });

  test('that there be a certain version is kept', async () => {
    const { ETag } = await put('versioned', { Body: '1' });
    await put('versioned', { Body: '2', IfMatch: ETag });
    await expect(put('versioned', { Body: '3', IfMatch: ETag })).rejects.toMatchObject(answered(412));
    await expect(put('never', { IfMatch: ETag })).rejects.toMatchObject(answered(404));
    expect(await textOf('versioned')).toBe('2');
    const remove = (match: string | undefined) =>
      client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'versioned', IfMatch: match }));
    await expect(remove(ETag)).rejects.toMatchObject(answered(412));
    await remove((await head('versioned')).ETag);
    await expect(head('versioned')).rejects.toMatchObject(answered(404));
  });

  test('of another kind is not ignored', async () => {
    await expect(put('unmatched', { IfNoneMatch: '"etag"' })).rejects.toMatchObject(answered(501));
    await expect(head('digits', { Range: 'bytes=0-1' })).rejects.toMatchObject(answered(501));
  });
});

describe('a copy', () => {
  const copy = (from: string, Key: string, more: object = {}) =>
    client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource: `${BUCKET}/${from}`, ...more }));

  test('keeps what is said of an object, or replaces it', async () => {
    await put('source', { ContentType: 'image/png', Metadata: { owner: 'u1' } });
    await copy('source', 'kept');
    expect(await head('kept')).toMatchObject({ ContentType: 'image/png', Metadata: { owner: 'u1' } });
    await copy('source', 'replaced', {
      MetadataDirective: 'REPLACE',
      ContentType: 'image/webp',
      Metadata: { owner: 'u2' },
    });
    expect(await head('replaced')).toMatchObject({ ContentType: 'image/webp', Metadata: { owner: 'u2' } });
    expect(await textOf('replaced')).toBe('source');
  });

  test('is made only of the version that was asked for', async () => {
    const { ETag } = await put('verified', { Body: 'verified' });
    await put('verified', { Body: 'changed since' });
    await expect(copy('verified', 'unverified', { CopySourceIfMatch: ETag })).rejects.toMatchObject(
      answered(412, 'PreconditionFailed'),
    );
    await expect(head('unverified')).rejects.toMatchObject(answered(404));
    await copy('verified', 'copied', { CopySourceIfMatch: (await head('verified')).ETag });
    expect(await textOf('copied')).toBe('changed since');
  });

  test('of nothing, or onto itself, is refused', async () => {
    await expect(copy('absent', 'a')).rejects.toMatchObject(answered(404, 'NoSuchKey'));
    await put('itself');
    await expect(copy('itself', 'itself')).rejects.toMatchObject(answered(400, 'InvalidRequest'));
    await expect(copy('itself', 'b', { CopySourceIfNoneMatch: '"etag"' })).rejects.toMatchObject(
      answered(501),
    );
  });
});

describe('a listing', () => {
  const list = async (input: object) => {
    const keys: unknown[] = [];
    const folders: unknown[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: token, ...input }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      token = page.NextContinuationToken;
    } while (token);
    return { keys, folders };
  };

  test('is in the order of the bytes, and misses nothing between its pages', async () => {
    const names = ['a', 'B', 'b', 'A', 'é', 'z', '_', '-', '10', '9', '😀', '\uffee'];
    for (const name of names) await put(`ordered/${name}`);
    const inOrder = ['-', '10', '9', 'A', 'B', '_', 'a', 'b', 'z', 'é', '\uffee', '😀'].map(
      (name) => `ordered/${name}`,
    );
    for (const MaxKeys of [1, 2, 5, 1000]) {
      expect((await list({ Prefix: 'ordered/', MaxKeys })).keys).toEqual(inOrder);
    }
    expect((await list({ Prefix: 'ordered/', StartAfter: 'ordered/b' })).keys).toEqual(inOrder.slice(8));
  });

  test('by folders names each once, beside the keys', async () => {
    for (const name of ['1/a', '1/b', '2', '3/a', '4', '5/a/b']) await put(`tree/${name}`);
    for (const MaxKeys of [1, 2, 3, 1000]) {
      expect(await list({ Prefix: 'tree/', Delimiter: '/', MaxKeys })).toEqual({
        keys: ['tree/2', 'tree/4'],
        folders: ['tree/1/', 'tree/3/', 'tree/5/'],
      });
    }
  });

  test('has lost what was deleted in one request', async () => {
    for (const name of ['a', 'b', 'c']) await put(`deleted/${name}`);
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: ['a', 'c', 'absent'].map((name) => ({ Key: `deleted/${name}` })) },
      }),
    );
    expect(Deleted).toHaveLength(3);
    expect((await list({ Prefix: 'deleted/' })).keys).toEqual(['deleted/b']);
  });
});

describe('what the emulator would do wrong', () => {
  const place = { Bucket: BUCKET };
  const rule = { AllowedMethods: ['PUT'], AllowedOrigins: ['*'] };
  test.each([
    new PutBucketCorsCommand({ ...place, CORSConfiguration: { CORSRules: [rule] } }),
    new PutBucketPolicyCommand({ ...place, Policy: '{}' }),
    new PutBucketVersioningCommand({ ...place, VersioningConfiguration: { Status: 'Enabled' } }),
    new GetBucketVersioningCommand(place),
    new PutBucketTaggingCommand({ ...place, Tagging: { TagSet: [] } }),
    new PutPublicAccessBlockCommand({
      ...place,
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    }),
    new DeleteObjectTaggingCommand({ ...place, Key: 'a' }),
    new PutObjectCommand({ ...place, Key: 'a', Body: 'x', ServerSideEncryption: 'AES256' }),
    new PutObjectCommand({ ...place, Key: 'a', Body: 'x', ACL: 'public-read' }),
    new PutObjectCommand({ ...place, Key: 'a', Body: 'x', StorageClass: 'GLACIER' }),
    new PutObjectCommand({ ...place, Key: 'a', Body: 'x', Tagging: 'a=b' }),
    new PutObjectCommand({ ...place, Key: 'a', Body: 'x', Expires: new Date(0) }),
    new GetObjectCommand({ ...place, Key: 'a', VersionId: '1' }),
    new GetObjectCommand({ ...place, Key: 'a', PartNumber: 1 }),
    new ListMultipartUploadsCommand({ ...place, Delimiter: '/' }),
  ])('is refused with 501: $constructor.name', async (command) => {
    await expect(client.send(command as PutObjectCommand)).rejects.toMatchObject(
      answered(501, 'NotImplemented'),
    );
  });

  test('makes no bucket', async () => {
    const cors = new PutBucketCorsCommand({ Bucket: 'not-made', CORSConfiguration: { CORSRules: [rule] } });
    await expect(client.send(cors)).rejects.toMatchObject(answered(501));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([BUCKET]);
  });
});

describe('the meter', () => {
  test('counts by kind, whatever the answer, and starts again at nothing', async () => {
    await put('metered');
    s3.meter.take();
    await put('metered');
    await get('metered');
    await head('metered');
    await expect(head('absent')).rejects.toThrow();
    await client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'c', CopySource: `${BUCKET}/metered` }));
    await expect(put('metered', { IfNoneMatch: '*' })).rejects.toThrow();
    expect(s3.meter.take()).toEqual({
      requests: { PutObject: 2, GetObject: 1, HeadObject: 2, CopyObject: 1 },
    });
    expect(s3.meter.take()).toEqual({ requests: {} });
  });
});
