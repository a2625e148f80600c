import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, describe, expect, test } from 'vitest';
import { ObjectTags } from './object-tags.ts';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';
import { createStores } from './strict-store.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
const copy = (from: string, Key: string, more: object = {}) =>
  client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource: `${BUCKET}/${from}`, ...more }));
const putTags = (Key: string, TagSet: Tag[], Bucket = BUCKET) =>
  client.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
const tagsOf = async (Key: string, Bucket = BUCKET) =>
  (await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

const STATUS = { Key: 'status', Value: 'clean' };
const numbered = (count: number): Tag[] =>
  Array.from({ length: count }, (_, n) => ({ Key: `tag-${n}`, Value: `${n}` }));

describe('the tags of an object', () => {
  test('are none at first, and then those that were put last', async () => {
    await put('a');
    expect(await tagsOf('a')).toEqual([]);
    await putTags('a', [STATUS, { Key: 'größe / +-=._:@', Value: '' }]);
    expect(await tagsOf('a')).toEqual([STATUS, { Key: 'größe / +-=._:@', Value: '' }]);
    await putTags('a', [{ Key: 'other', Value: ' x ' }]);
    expect(await tagsOf('a')).toEqual([{ Key: 'other', Value: ' x ' }]);
    await putTags('a', []);
    expect(await tagsOf('a')).toEqual([]);
  });

  test('are counted where the object is read', async () => {
    const place = { Bucket: BUCKET, Key: 'counted' };
    await put('counted');
    expect((await client.send(new HeadObjectCommand(place))).TagCount).toBeUndefined();
    await putTags('counted', numbered(3));
    expect((await client.send(new HeadObjectCommand(place))).TagCount).toBe(3);
    expect((await client.send(new GetObjectCommand(place))).TagCount).toBe(3);
  });

  test('go with the object: not to one that takes its place, and not to one of another key', async () => {
    await put('b');
    await put('b/2');
    await putTags('b', [STATUS]);
    expect(await tagsOf('b/2')).toEqual([]);
    await put('b');
    expect(await tagsOf('b')).toEqual([]);
    await putTags('b', [STATUS]);
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'b' }));
    await put('b');
    expect(await tagsOf('b')).toEqual([]);
  });

  test('are copied, unless the copy replaces them', async () => {
    await put('source');
    await putTags('source', [STATUS]);
    await copy('source', 'kept');
    await copy('source', 'bare', { TaggingDirective: 'REPLACE' });
    expect([await tagsOf('kept'), await tagsOf('bare')]).toEqual([[STATUS], []]);
    await copy('source', 'source', { MetadataDirective: 'REPLACE', ContentType: 'image/png' });
    expect(await tagsOf('source')).toEqual([STATUS]);
    await putTags('source', numbered(1));
    expect(await tagsOf('kept')).toEqual([STATUS]);
  });
});

describe('tags that are refused', () => {
  test.each([
    ['more than ten', numbered(11), 'BadRequest'],
    ['two with one key', [STATUS, { ...STATUS, Value: 'other' }], 'InvalidTag'],
    ['an empty key', [{ Key: '', Value: 'x' }], 'InvalidTag'],
    ['a long key', [{ Key: 'k'.repeat(129), Value: 'x' }], 'InvalidTag'],
    ['a long value', [{ Key: 'k', Value: 'x'.repeat(257) }], 'InvalidTag'],
    ['a character that tags cannot have', [{ Key: 'k', Value: 'a&b' }], 'InvalidTag'],
  ])('%s, and those that were there stay', async (_what, tags, code) => {
    await put('refused');
    await putTags('refused', [STATUS]);
    await expect(putTags('refused', tags)).rejects.toMatchObject(answered(400, code));
    expect(await tagsOf('refused')).toEqual([STATUS]);
  });

  test('ten, as long as they may be, are not', async () => {
    await put('most');
    const tags = numbered(9).concat({ Key: 'k'.repeat(128), Value: 'v'.repeat(256) });
    await putTags('most', tags);
    expect(await tagsOf('most')).toEqual(tags);
  });

  test('of what is not there', async () => {
    await expect(tagsOf('absent')).rejects.toMatchObject(answered(404, 'NoSuchKey'));
    await expect(putTags('absent', [STATUS])).rejects.toMatchObject(answered(404, 'NoSuchKey'));
    await expect(tagsOf('a', 'no-bucket')).rejects.toMatchObject(answered(404, 'NoSuchBucket'));
    await expect(putTags('a', [STATUS], 'no-bucket')).rejects.toMatchObject(answered(404, 'NoSuchBucket'));
  });

  test.each([
    '',
    '<Tagging/>',
    '<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>',
    '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging><more/>',
    'status=clean',
  ])('what is not the XML of tags: %j', async (xml) => {
    const put = await putter({ 'content-md5': 'verified before' });
    expect(() => put(xml)).toThrow(/not well-formed/);
  });

  test('what comes without a checksum', async () => {
    const empty = '<Tagging><TagSet></TagSet></Tagging>';
    const [bare, checked] = [await putter({}), await putter({ 'x-amz-checksum-crc32': 'verified before' })];
    expect(() => bare(empty)).toThrow(/Missing required header/);
    expect(() => checked(empty)).not.toThrow();
  });
});

describe('a request for tags', () => {
  test('is verified as any other is', async () => {
    await put('signed');
    await putTags('signed', [STATUS]);
    const bare = `${s3.endpoint}/${BUCKET}/signed?tagging`;
    expect(await outcome(await fetch(bare))).toEqual([403, 'AccessDenied']);
    const others = clientAt(s3.endpoint, {
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'another' },
    });
    const place = { Bucket: BUCKET, Key: 'signed' };
    await expect(others.send(new GetObjectTaggingCommand(place))).rejects.toMatchObject(answered(403));
    const emptied = new PutObjectTaggingCommand({ ...place, Tagging: { TagSet: [] } });
    await expect(others.send(emptied)).rejects.toMatchObject(answered(403));
    const read = await getSignedUrl(client, new GetObjectTaggingCommand(place));
    expect(await (await fetch(read)).text()).toContain('<Value>clean</Value>');
    const ofAnother = await fetch(read.replace('/signed?', '/a?'));
    expect(await outcome(ofAnother)).toEqual([403, 'SignatureDoesNotMatch']);
  });

  test('is counted by its kind', async () => {
    await put('metered');
    s3.meter.take();
    await putTags('metered', [STATUS]);
    await tagsOf('metered');
    expect(s3.meter.take()).toEqual({ requests: { PutObjectTagging: 1, GetObjectTagging: 1 } });
  });
});

/** Puts tags, as XML, on an object of a store of its own. */
async function putter(headers: Readonly<Record<string, string>>) {
  const { stores } = await createStores();
  stores.s3Store.createBucket(BUCKET);
  stores.s3Store.putObject(BUCKET, 'a', Buffer.from('a'));
  const tags = new ObjectTags(stores.s3Store);
  return (xml: string) =>
    tags.put({ method: 'PUT', path: '/', query: [], headers }, { bucket: BUCKET, key: 'a' }, xml);
}
