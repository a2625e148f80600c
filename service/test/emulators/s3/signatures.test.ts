import { GetObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS } from '../credentials.ts';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a/1.png', Body: 'bytes' }));
afterAll(() => s3.stop());

const HOUR = 3_600_000;
const read = new GetObjectCommand({ Bucket: BUCKET, Key: 'a/1.png' });
const listWith = (config: Parameters<typeof clientAt>[1]) =>
  clientAt(s3.endpoint, config).send(new ListBucketsCommand({}));

describe('a request', () => {
  test('with another secret is refused, and with an unknown key', async () => {
    await expect(
      listWith({ credentials: { ...EMULATOR_CREDENTIALS, secretAccessKey: 'wrong' } }),
    ).rejects.toMatchObject(answered(403, 'SignatureDoesNotMatch'));
    await expect(
      listWith({ credentials: { ...EMULATOR_CREDENTIALS, accessKeyId: 'STRANGER' } }),
    ).rejects.toMatchObject(answered(403, 'InvalidAccessKeyId'));
  });

  test('of a clock that is an hour wrong is refused', async () => {
    for (const systemClockOffset of [-HOUR, HOUR]) {
      await expect(listWith({ systemClockOffset })).rejects.toMatchObject(
        answered(403, 'RequestTimeTooSkewed'),
      );
    }
    await listWith({ systemClockOffset: HOUR / 6 });
  });

  test('without a signature is refused', async () => {
    expect(await outcome(await fetch(`${s3.endpoint}/${BUCKET}/a/1.png`))).toEqual([403, 'AccessDenied']);
    const put = await fetch(`${s3.endpoint}/${BUCKET}/a/1.png`, { method: 'PUT', body: 'other' });
    expect(await outcome(put)).toEqual([403, 'AccessDenied']);
    const basic = await fetch(s3.endpoint, { headers: { authorization: 'Basic YTpi' } });
    expect(await outcome(basic)).toEqual([400, 'AuthorizationHeaderMalformed']);
  });

  test('whose body was changed on the way is refused', async () => {
    const changing = clientAt(s3.endpoint);
    changing.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: unknown }).body = 'evil';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'changeBody' },
    );
    await expect(
      changing.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'changed', Body: 'good' })),
    ).rejects.toMatchObject(answered(400, 'XAmzContentSHA256Mismatch'));
  });
});

describe('a presigned URL', () => {
  test('reads, with the headers that it asks for', async () => {
    const url = await getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: BUCKET,
        Key: 'a/1.png',
        ResponseContentDisposition: 'attachment; filename="x y.png"',
        ResponseContentType: 'image/x-test',
      }),
      { expiresIn: 60 },
    );
    const response = await fetch(url);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="x y.png"');
    expect(response.headers.get('content-type')).toBe('image/x-test');
    expect(await response.text()).toBe('bytes');
    const part = await fetch(url, { headers: { range: 'bytes=1-2' } });
    expect([part.status, part.headers.get('content-type')]).toEqual([206, 'image/x-test']);
    const again = await fetch(url, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
    expect([again.status, again.headers.get('etag')]).toEqual([304, response.headers.get('etag')]);
  });

  test.each([
    ['its signature', (url: string) => url.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000')],
    ['its path', (url: string) => url.replace('/1.png', '/2.png')],
    ['its life', (url: string) => url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000')],
    ['a parameter more', (url: string) => `${url}&response-content-type=text%2Fhtml`],
  ])('is refused when somebody has changed %s', async (_what, change) => {
    const url = await getSignedUrl(client, read, { expiresIn: 60 });
    expect(await outcome(await fetch(change(url)))).toEqual([403, 'SignatureDoesNotMatch']);
  });

  test('is for one method', async () => {
    const url = await getSignedUrl(client, read, { expiresIn: 60 });
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(403);
    expect(await outcome(await fetch(url, { method: 'DELETE' }))).toEqual([403, 'SignatureDoesNotMatch']);
  });

  test('ends in time, and has not begun before it was signed', async () => {
    const signedAt = (time: number) =>
      getSignedUrl(client, read, { expiresIn: 60, signingDate: new Date(time) });
    const early = await fetch(await signedAt(Date.now() - 61_000));
    expect(await outcome(early)).toEqual([403, 'AccessDenied']);
    expect((await fetch(await signedAt(Date.now() - 50_000))).status).toBe(200);
    expect(await outcome(await fetch(await signedAt(Date.now() + HOUR)))).toEqual([403, 'AccessDenied']);
  });

  test('lives a week at most', async () => {
    const url = await getSignedUrl(client, read, { expiresIn: 60 });
    const longer = url.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    expect(await outcome(await fetch(longer))).toEqual([400, 'AuthorizationQueryParametersError']);
  });
});

describe('a presigned upload', () => {
  const signedFor = (key: string, more: object, signed: readonly string[]) =>
    getSignedUrl(client, new PutObjectCommand({ Bucket: BUCKET, Key: key, ...more }), {
      expiresIn: 60,
      signableHeaders: new Set(['host', ...signed]),
    });
  const upload = async (url: string, body: string, headers: Record<string, string> = {}) =>
    outcome(await fetch(url, { method: 'PUT', body, headers }));

  test('must be of the type and the length that were signed', async () => {
    const sign = (key: string) =>
      signedFor(key, { ContentType: 'image/jpeg', ContentLength: 5 }, ['content-type', 'content-length']);
    const jpeg = { 'content-type': 'image/jpeg' };
    expect(await upload(await sign('right'), 'hello', jpeg)).toEqual([200]);
    const refused = [403, 'SignatureDoesNotMatch'];
    expect(await upload(await sign('wrong'), 'hello', { 'content-type': 'text/html' })).toEqual(refused);
    expect(await upload(await sign('wrong'), 'hello, longer', jpeg)).toEqual(refused);
    const { ContentType, Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'right' }));
    expect([ContentType, await Body?.transformToString()]).toEqual(['image/jpeg', 'hello']);
    await expect(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'wrong' }))).rejects.toMatchObject(
      answered(404),
    );
  });

  test('may be empty, and of no type', async () => {
    const url = await signedFor('empty', {}, []);
    expect((await fetch(url, { method: 'PUT' })).status).toBe(200);
    const { ContentType } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'empty' }));
    expect(ContentType).toBe('binary/octet-stream');
  });

  test('must not add headers of its own that mean something', async () => {
    const url = await signedFor('added', {}, []);
    expect(await upload(url, 'x', { 'x-amz-meta-owner': 'somebody' })).toEqual([403, 'AccessDenied']);
    expect(await upload(url, 'x', { 'x-amz-acl': 'public-read' })).toEqual([501, 'NotImplemented']);
    expect(await upload(url, 'x')).toEqual([200]);
  });

  test('must say its length', async () => {
    const url = await signedFor('unknown-length', {}, []);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('streamed'));
        controller.close();
      },
    });
    const response = await fetch(url, { method: 'PUT', body, duplex: 'half' });
    expect(await outcome(response)).toEqual([411, 'MissingContentLength']);
  });

  test('can be bound to one condition', async () => {
    const url = await getSignedUrl(
      client,
      new PutObjectCommand({ Bucket: BUCKET, Key: 'bound', IfNoneMatch: '*' }),
      { expiresIn: 60, signableHeaders: new Set(['host', 'if-none-match']) },
    );
    const once = { 'if-none-match': '*' };
    expect(await upload(url, 'x')).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await upload(url, 'x', once)).toEqual([200]);
    expect(await upload(url, 'y', once)).toEqual([412, 'PreconditionFailed']);
  });
});

describe('a presigned URL of an upload', () => {
  const command = new PutObjectCommand({
    Bucket: BUCKET,
    Key: 'sized',
    ContentLength: 5,
    ContentType: 'image/png',
  });
  const sign = () => getSignedUrl(client, command, { signableHeaders: new Set(['content-type']) });
  const put = async (url: string, body: string, type: string) =>
    outcome(await fetch(url, { method: 'PUT', body, headers: { 'content-type': type } }));

  test('counts for the length and the type that were signed', async () => {
    const url = await sign();
    expect(await put(url, '12345', 'image/png')).toEqual([200]);
    const refused = [403, 'SignatureDoesNotMatch'];
    expect(await put(url, '123456', 'image/png')).toEqual(refused);
    expect(await put(url, '1234', 'image/png')).toEqual(refused);
    expect(await put(url, '12345', 'text/html')).toEqual(refused);
  });

  test('with a parameter of the signature twice is refused with 501', async () => {
    for (const name of ['Signature', 'Expires', 'Date', 'Credential']) {
      const url = `${await sign()}&X-Amz-${name}=1`;
      expect(await put(url, '12345', 'image/png')).toEqual([501, 'NotImplemented']);
    }
  });
});
