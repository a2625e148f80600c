import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { until } from '../support/connection.ts';
import {
  arrivedAt,
  grantFor,
  inSeconds,
  newUploadKey,
  postRequest,
  putRequest,
  type SentRequest,
  uploadKeys,
} from '../support/direct-uploads.ts';
import { SERVING_HOMES, useHome } from '../support/homes.ts';
import { bytesOf, MIB } from '../support/stored-bytes.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes, type Part } from '../support/uploads.ts';

const BYTES = bytesOf(20_000);

describe.each(SERVING_HOMES)('direct uploads to the service itself (%s)', (kind) => {
  const home = useHome(kind, {
    config: { localOnly: true },
  });
  afterEach(async () => {
    home.clock.release();
    for (const key of await uploadKeys(uploads())) await uploads().discard(key);
  });

  const uploads = () => home.context.deps.uploads;
  const send = (url: string, { method, headers, body }: SentRequest) =>
    home.follow(url, { method, headers: { ...headers }, body: body as Buffer<ArrayBuffer> });
  const put = async (key: string, grant = grantFor(BYTES)) => uploads().presignPut(key, grant);
  const post = async (key: string, grant = grantFor(BYTES)) => uploads().presignPost(key, grant);
  const formOf = (parts: readonly Part[]): SentRequest => ({
    method: 'POST',
    headers: { 'content-type': MULTIPART },
    body: multipartBytes(parts),
  });
  /** What is left of a refusal. */
  const expectNothing = async () => {
    expect(await uploadKeys(uploads())).toEqual([]);
    expect((await home.stored()).unfinished).toEqual([]);
  };

  it('a PUT is answered by 200 with the entity tag of what has arrived', async () => {
    const key = newUploadKey();
    const presigned = await put(key);
    const response = await send(presigned.url, putRequest(presigned, BYTES));
    const arrived = await arrivedAt(uploads(), key);
    expect(response.headers.get('etag')).toBe(arrived?.etag);
    expect(response.headers.get('cache-control')).toBe('no-store');
    await expectEmpty(response, 200);
  });

  it('a form is answered by 204 with the entity tag of what has arrived', async () => {
    const key = newUploadKey();
    const presigned = await post(key);
    const response = await send(presigned.url, postRequest(presigned, BYTES));
    const arrived = await arrivedAt(uploads(), key);
    expect(response.headers.get('etag')).toBe(arrived?.etag);
    await expectEmpty(response, 204);
  });

  it('a part is answered by 200 with its entity tag, and its upload has not arrived yet', async () => {
    const key = newUploadKey();
    const parts_id = await uploads().beginParts(key, 'image/jpeg');
    const part = { number: 1, size_bytes: BYTES.length, expires_at: inSeconds(60) };
    const url = await uploads().presignPart(key, parts_id, part);
    const response = await send(url, { method: 'PUT', headers: {}, body: BYTES });
    const [listed] = (await uploads().listParts(key, parts_id)) ?? [];
    expect(response.headers.get('etag')).toBe(listed?.etag);
    await expectEmpty(response, 200);
    await uploads().discardParts(key, parts_id);
    await expectProblem(await send(url, { method: 'PUT', headers: {}, body: BYTES }), 'not_found');
    await expectNothing();
  });

  it.each([
    [
      'one byte more',
      'payload_too_large',
      undefined,
      (put: SentRequest) => ({ ...put, body: bytesOf(20_001) }),
    ],
    [
      'one byte less',
      'invalid_request',
      undefined,
      (put: SentRequest) => ({ ...put, body: bytesOf(19_999) }),
    ],
    ['other bytes', 'invalid_request', 'body', (put: SentRequest) => ({ ...put, body: bytesOf(20_000, 1) })],
    ['another type', 'invalid_request', 'content-type', withHeader('content-type', 'text/html')],
    ['a type in capitals', 'invalid_request', 'content-type', withHeader('content-type', 'IMAGE/JPEG')],
    [
      'a type with a parameter',
      'invalid_request',
      'content-type',
      withHeader('content-type', 'image/jpeg; a=b'),
    ],
    ['no checksum', 'invalid_request', 'x-amz-checksum-sha256', withHeader('x-amz-checksum-sha256', '')],
    ['a length that is too great', 'payload_too_large', undefined, withHeader('content-length', '20001')],
    [
      'a length that is too small',
      'invalid_request',
      'content-length',
      withHeader('content-length', '19999'),
    ],
    ['no length', 'invalid_request', 'content-length', withHeader('transfer-encoding', 'chunked')],
    [
      'a wrong digest',
      'invalid_request',
      'Content-Digest',
      withHeader('content-digest', `sha-256=:${'A'.repeat(43)}=:`),
    ],
  ] as const)('a PUT with %s is refused as %s and leaves nothing', async (_what, code, field, change) => {
    const presigned = await put(newUploadKey());
    const response = await send(presigned.url, change(putRequest(presigned, BYTES)));
    await expectProblem(response, code, field);
    await expectNothing();
  });

  it.each([
    ['with a slash escaped', (url: string) => url.replace('alice/', 'alice%2F')],
    ['with letters escaped', (url: string) => url.replace('alice', '%61lice')],
    ['with a dot escaped', (url: string) => url.replace('/.uploads/', '/%2Euploads/')],
    ['with a double slash', (url: string) => url.replace('alice/', 'alice//')],
    ['with a type spelled otherwise', (url: string) => url.replace('image%2Fjpeg', 'image/jpeg')],
    ['with escapes in lower case', (url: string) => url.replace('%2F', '%2f')],
    ['with a parameter after the signature', (url: string) => `${url}&x=1`],
    ['with a size spelled otherwise', (url: string) => url.replace('=20000', '=020000')],
    ['without its query', (url: string) => url.slice(0, url.indexOf('?'))],
  ])('a PUT %s is refused as forbidden and leaves nothing', async (_what, forge) => {
    const presigned = await put(newUploadKey());
    const forged = forge(presigned.url);
    expect(forged).not.toBe(presigned.url);
    await expectProblem(await send(forged, putRequest(presigned, BYTES)), 'forbidden');
    await expectNothing();
  });

  it('a grant ends at the instant that it names, and not before', async () => {
    const expires_at = inSeconds(3600);
    const grant = { ...grantFor(BYTES), expires_at };
    const key = newUploadKey();
    const [putting, posting] = [await put(key, grant), await post(key, grant)];
    home.clock.set(new Date(expires_at - 1).toISOString());
    expect((await send(putting.url, putRequest(putting, BYTES))).status).toBe(200);
    expect((await send(posting.url, postRequest(posting, BYTES))).status).toBe(204);
    await uploads().discard(key);
    home.clock.set(new Date(expires_at).toISOString());
    await expectProblem(await send(putting.url, putRequest(putting, BYTES)), 'forbidden');
    await expectProblem(await send(posting.url, postRequest(posting, BYTES)), 'forbidden');
    await expectNothing();
  });

  it.each(['put', 'post'] as const)('a %s under way when its grant ends may finish', async (method) => {
    const expires_at = inSeconds(3600);
    const key = newUploadKey();
    const grant = { ...grantFor(BYTES), expires_at };
    const presigned = method === 'put' ? await put(key, grant) : await post(key, grant);
    const sent = 'headers' in presigned ? putRequest(presigned, BYTES) : postRequest(presigned, BYTES);
    home.clock.set(new Date(expires_at - 1).toISOString());
    const half = sent.body.length - 5000;
    const asked = vi.spyOn(home.clock, 'now');
    async function* slowly() {
      yield sent.body.subarray(0, half);
      await until(() => asked.mock.calls.length > 0, 'a look at the grant');
      home.clock.set(new Date(expires_at + 60_000).toISOString());
      yield sent.body.subarray(half);
    }
    const init = { method: sent.method, headers: { ...sent.headers } };
    const streamed = { ...init, body: ReadableStream.from(slowly()), duplex: 'half' } as RequestInit;
    const response = await home.follow(presigned.url, streamed);
    asked.mockRestore();
    expect(response.ok).toBe(true);
    expect((await arrivedAt(uploads(), key))?.bytes.equals(BYTES)).toBe(true);
    await expectProblem(await send(presigned.url, sent), 'forbidden');
  });

  it('an upload neither reads nor is read: the grants are of different kinds', async () => {
    const key = newUploadKey();
    const presigned = await put(key);
    await send(presigned.url, putRequest(presigned, BYTES));
    await expectProblem(await home.follow(presigned.url), 'forbidden');
    const read = await home.context.deps.objects.presignRead(key, {
      expires_at: inSeconds(60),
      content_type: 'image/jpeg',
      content_disposition: 'inline',
    });
    await expectProblem(await home.follow(read), 'not_found');
    await expectProblem(await send(read, putRequest(presigned, BYTES)), 'forbidden');
  });

  it.each<[string, 'forbidden' | 'invalid_request' | 'payload_too_large', (parts: Part[]) => Part[]]>([
    ['each field twice', 'forbidden', (parts) => [...parts.slice(0, -1), ...parts]],
    ['a field of another upload', 'forbidden', (parts) => [{ name: 'x-amz-meta-a', value: 'b' }, ...parts]],
    ['the file first', 'forbidden', (parts) => [...parts.slice(-1), ...parts.slice(0, -1)]],
    ['no file', 'invalid_request', (parts) => parts.slice(0, -1)],
    ['two files', 'invalid_request', (parts) => [...parts, ...parts.slice(-1)]],
    [
      'the file under another name',
      'invalid_request',
      (parts) => [...parts.slice(0, -1), filePart('image', BYTES)],
    ],
    [
      'one byte more',
      'payload_too_large',
      (parts) => [...parts.slice(0, -1), filePart('file', bytesOf(20_001))],
    ],
    [
      'megabytes more',
      'payload_too_large',
      (parts) => [...parts.slice(0, -1), filePart('file', bytesOf(3 * MIB))],
    ],
    [
      'one byte less',
      'invalid_request',
      (parts) => [...parts.slice(0, -1), filePart('file', bytesOf(19_999))],
    ],
    [
      'other bytes',
      'invalid_request',
      (parts) => [...parts.slice(0, -1), filePart('file', bytesOf(20_000, 1))],
    ],
    ['nothing at all', 'invalid_request', () => []],
  ])('a form with %s is refused as %s and leaves nothing', async (_what, code, change) => {
    const { url, fields } = await post(newUploadKey());
    const parts = [...fieldParts(fields), filePart('file', BYTES)];
    await expectProblem(await send(url, formOf(change(parts))), code);
    await expectNothing();
  });

  it('a form that breaks off after its file is refused and leaves nothing', async () => {
    const presigned = await post(newUploadKey());
    const { body, ...rest } = postRequest(presigned, BYTES);
    for (const left of [4, 40, 10_000]) {
      const response = await send(presigned.url, { ...rest, body: body.subarray(0, -left) });
      await expectProblem(response, 'invalid_request');
      await expectNothing();
    }
  });

  it('a form whose end comes late arrives only with it', async () => {
    const presigned = await post(newUploadKey());
    const { body, method, headers } = postRequest(presigned, BYTES);
    const [, boundary = ''] = MULTIPART.split('boundary=');
    const end = body.lastIndexOf(`--${boundary}`);
    async function* brokenOff() {
      yield Buffer.concat([
        body.subarray(0, end),
        Buffer.from(`--${boundary}\r\ncontent-disposition: form-data;`),
      ]);
      // The file has all come, and the service has had the time to take it for an upload.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(await uploadKeys(uploads())).toEqual([]);
    }
    const init = { method, headers: { ...headers }, body: ReadableStream.from(brokenOff()), duplex: 'half' };
    await expectProblem(await home.follow(presigned.url, init as RequestInit), 'invalid_request');
    await expectNothing();
  });

  it('what a form has after its file is passed over, as a button that was pressed', async () => {
    for (const bytes of [bytesOf(1), BYTES]) {
      const key = newUploadKey();
      const { url, fields } = await post(key, grantFor(bytes));
      const parts = [...fieldParts(fields), filePart('file', bytes), { name: 'submit', value: 'Send' }];
      expect((await send(url, formOf(parts))).status).toBe(204);
      expect((await arrivedAt(uploads(), key))?.bytes.equals(bytes)).toBe(true);
    }
  });

  it('what is no form is no upload', async () => {
    const { url } = await post(newUploadKey());
    const headers = { 'content-type': 'image/jpeg' };
    await expectProblem(await send(url, { method: 'POST', headers, body: BYTES }), 'unsupported_media_type');
    const unbounded = { 'content-type': 'multipart/form-data' };
    await expectProblem(
      await send(url, { method: 'POST', headers: unbounded, body: BYTES }),
      'invalid_request',
    );
    await expectNothing();
  });

  it('a form goes to the one place for forms', async () => {
    const presigned = await post(newUploadKey());
    for (const place of ['x', '?x=1', '.uploads/alice/x']) {
      const response = await send(presigned.url + place, postRequest(presigned, BYTES));
      await expectProblem(response, 'forbidden');
    }
    await expectNothing();
  });

  it('a page of another site may send what it was granted, by our own name alone', async () => {
    const page = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
    const key = newUploadKey();
    const [putting, posting] = [await put(key), await post(key)];
    const [one, other] = [putRequest(putting, BYTES), postRequest(posting, BYTES)];
    for (const [url, request] of [
      [putting.url, one],
      [posting.url, other],
    ] as const) {
      const headers = { ...request.headers, ...page };
      expect((await send(url, { ...request, headers })).ok).toBe(true);
      await uploads().discard(key);
      const rebound = { ...headers, host: 'evil.example' };
      await expectProblem(await send(url, { ...request, headers: rebound }), 'forbidden');
    }
    expect(await uploadKeys(uploads())).toEqual([]);
  });
});

function withHeader(name: string, value: string): (request: SentRequest) => SentRequest {
  return (request) => ({ ...request, headers: { ...request.headers, [name]: value } });
}
