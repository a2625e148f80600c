import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  arrive,
  arrivedAt,
  expectRefused,
  grantFor,
  inSeconds,
  newUploadKey,
  type OpenedUploadStore,
  postRequest,
  putRequest,
  type SentRequest,
  sendPut,
  uploadKeys,
} from '../support/direct-uploads.ts';
import { bytesOf, MIB, propertiesOf } from '../support/stored-bytes.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes } from '../support/uploads.ts';
import { describeAccept } from './upload-accept.contract.ts';
import { describeParts } from './upload-parts.contract.ts';

/** Every promise of the port, held against one driver over its own requests. `open` gives an empty store. */
export function describeUploadStore(name: string, open: () => Promise<OpenedUploadStore>): void {
  describe(`upload store: ${name}`, () => {
    let opened: OpenedUploadStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const store = () => opened;
    describe('a presigned PUT', () => {
      describeArrival(store, putIt);
      describePutRefusals(store);
    });
    describe('a presigned POST', () => {
      describeArrival(store, postIt);
      describePostRefusals(store);
    });
    describe('parts', () => describeParts(store));
    describe('accepting', () => describeAccept(store));
    describe('discarding', () => describeDiscard(store));
    describe('listing', () => describeList(store));
  });
}

type Store = () => OpenedUploadStore;
type SendIt = (store: OpenedUploadStore, key: string, bytes: Buffer, checked: boolean) => Promise<Response>;

const putIt: SendIt = (store, key, bytes, checked) =>
  sendPut(store, key, bytes, grantFor(bytes, { checked }));

const postIt: SendIt = async ({ uploads, send }, key, bytes, checked) => {
  const presigned = await uploads.presignPost(key, grantFor(bytes, { checked }));
  return send(presigned.url, postRequest(presigned, bytes));
};

function describeArrival(store: Store, sendIt: SendIt): void {
  test.each([
    ['one byte', 1],
    ['some', 300_000],
    ['1 MiB', MIB],
    ['just over 5 MiB', 5 * MIB + 1],
  ])('brings %s whole and equal, with and without a checksum', async (_what, size) => {
    const bytes = bytesOf(size);
    for (const checked of [true, false]) {
      const key = newUploadKey();
      const response = await sendIt(store(), key, bytes, checked);
      expect(response.ok, `status ${response.status}`).toBe(true);
      const arrived = await store().uploads.open(key);
      expect(arrived?.size_bytes).toBe(size);
      expect(arrived?.etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      await arrived?.close();
      expect((await arrivedAt(store().uploads, key))?.bytes.equals(bytes)).toBe(true);
    }
  });

  test('sent again replaces what came before, also with the same request', async () => {
    const key = newUploadKey();
    const tags = new Set<string>();
    for (const seed of [1, 2, 3]) {
      const bytes = bytesOf(1000, seed);
      expect((await sendIt(store(), key, bytes, seed === 2)).ok).toBe(true);
      const arrived = await arrivedAt(store().uploads, key);
      expect(arrived?.bytes.equals(bytes)).toBe(true);
      tags.add(arrived?.etag ?? '');
    }
    expect(tags.size).toBe(3);
    expect(await uploadKeys(store().uploads)).toEqual([key]);
  });

  test('what is open stays what it was when other bytes arrive', async () => {
    const key = newUploadKey();
    const first = bytesOf(1000, 1);
    await sendIt(store(), key, first, false);
    const opened = await store().uploads.open(key);
    await sendIt(store(), key, bytesOf(1000, 2), false);
    const read = await opened?.read(0, 1000).catch((error: unknown) => error);
    if (read instanceof Error) expect(read).toMatchObject({ code: 'unavailable' });
    else expect(first.equals(read as Uint8Array)).toBe(true);
    await opened?.close();
  });

  test.each([
    '..',
    'a/b',
    '%2F',
    '../../etc/passwd',
    'a#b?c&d=e',
    'é+ ü',
    '🦅'.repeat(32),
    '-rf',
    '.uploads',
  ])('reaches the key of a user who is called %j, and no other', async (user) => {
    const [key, other] = [newUploadKey(user), newUploadKey('bob')];
    const bytes = bytesOf(100);
    expect((await sendIt(store(), key, bytes, true)).ok).toBe(true);
    expect((await sendIt(store(), other, bytesOf(90), true)).ok).toBe(true);
    expect((await arrivedAt(store().uploads, key))?.bytes.equals(bytes)).toBe(true);
    expect(await uploadKeys(store().uploads)).toEqual([key, other].sort());
  });
}

const BYTES = bytesOf(50_000);
const OTHERS = bytesOf(50_000, 9);
const LONGER = bytesOf(50_001);
const SHORTER = bytesOf(49_999);

/** How a request differs from the one that the store has described. */
type Change = (request: SentRequest) => SentRequest;

const body =
  (bytes: Buffer): Change =>
  (request) => ({ ...request, body: bytes });

const header =
  (pattern: RegExp, value: string | undefined): Change =>
  (request) => ({
    ...request,
    headers: Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, old]): [string, string][] => {
        if (!pattern.test(name)) return [[name, old]];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  });

function describePutRefusals(store: Store): void {
  /** Presigns for BYTES, sends something else, and sees that it is refused and changes nothing. */
  const refused = async (
    change: Change,
    { checked = true, url = (given: string) => given, grant = grantFor(BYTES, { checked }) } = {},
  ) => {
    for (const before of [undefined, bytesOf(10)]) {
      const key = newUploadKey();
      if (before) await arrive(store(), key, before);
      const presigned = await store().uploads.presignPut(key, grant);
      const request = change(putRequest(presigned, BYTES));
      expectRefused(await store().send(url(presigned.url), request));
      expect((await arrivedAt(store().uploads, key))?.bytes).toEqual(before);
      expect(await uploadKeys(store().uploads)).toEqual(before ? [key] : []);
      await store().uploads.discard(key);
    }
  };
  const same: Change = (request) => request;

  test.each<[string, Change]>([
    ['one byte too many', body(LONGER)],
    ['one byte too few', body(SHORTER)],
    ['no bytes', body(Buffer.of())],
    ['another type', header(/^content-type$/i, 'text/html')],
    ['no type', header(/^content-type$/i, undefined)],
    ['the method POST', (request) => ({ ...request, method: 'POST' })],
  ])('with %s is refused and leaves nothing', async (_what, change) => {
    await refused(change, { checked: true });
    await refused(change, { checked: false });
  });

  test.each<[string, Change]>([
    ['other bytes', body(OTHERS)],
    ['another checksum', header(/sha256|digest/i, Buffer.alloc(32).toString('base64'))],
    ['no checksum', header(/sha256|digest/i, undefined)],
  ])('that was granted for one checksum is refused with %s', async (_what, change) => {
    await refused(change);
  });

  test('is refused when it has expired', async () => {
    await refused(same, { grant: { ...grantFor(BYTES), expires_at: inSeconds(-5) } });
  });

  test('is refused for another key, and for another user', async () => {
    const other = newUploadKey('bob');
    const path = (key: string) => key.split('/').map(encodeURIComponent).join('/');
    await refused(same, {
      url: (given) => {
        const forged = given.replace(/\.uploads\/[^?]+/, path(other));
        expect(forged).not.toBe(given);
        return forged;
      },
    });
    expect(await arrivedAt(store().uploads, other)).toBeUndefined();
  });

  test('is refused with any parameter changed, doubled or left out', async () => {
    const presigned = await store().uploads.presignPut(newUploadKey(), grantFor(BYTES));
    const count = parametersOf(presigned.url).length;
    expect(count).toBeGreaterThan(1);
    for (let at = 0; at < count; at++) {
      await refused(same, { url: (given) => withParameter(given, at, (one) => [changed(one)]) });
      await refused(same, { url: (given) => withParameter(given, at, (one) => [one, changed(one)]) });
      await refused(same, { url: (given) => withParameter(given, at, () => []) });
    }
  });
}

const parametersOf = (url: string) => url.slice(url.indexOf('?') + 1).split('&');

function withParameter(url: string, at: number, change: (one: string) => string[]): string {
  const parameters = parametersOf(url).flatMap((one, index) => (index === at ? change(one) : [one]));
  return `${url.slice(0, url.indexOf('?'))}?${parameters.join('&')}`;
}

/** A digit more makes another number, date, name and signature of anything. */
const changed = (parameter: string) => `${parameter}1`;

function describePostRefusals(store: Store): void {
  type ChangeForm = (fields: Record<string, string>) => Record<string, string>;
  /** Presigns for BYTES, posts something else, and sees that it is refused and changes nothing. */
  const refused = async (
    change: ChangeForm,
    { bytes = BYTES, checked = true, grant = grantFor(BYTES, { checked }), request = postRequest } = {},
  ) => {
    for (const before of [undefined, bytesOf(10)]) {
      const key = newUploadKey();
      if (before) await arrive(store(), key, before);
      const presigned = await store().uploads.presignPost(key, grant);
      const fields = change({ ...presigned.fields });
      expectRefused(await store().send(presigned.url, request({ fields }, bytes)));
      expect((await arrivedAt(store().uploads, key))?.bytes).toEqual(before);
      expect(await uploadKeys(store().uploads)).toEqual(before ? [key] : []);
      await store().uploads.discard(key);
    }
  };
  const same: ChangeForm = (fields) => fields;

  test.each([
    ['one byte too many', LONGER],
    ['far too many bytes', bytesOf(3 * MIB)],
    ['one byte too few', SHORTER],
    ['no bytes', Buffer.of()],
  ])('with %s is refused and leaves nothing', async (_what, bytes) => {
    await refused(same, { bytes, checked: true });
    await refused(same, { bytes, checked: false });
  });

  test('that was granted for one checksum is refused with other bytes', async () => {
    await refused(same, { bytes: OTHERS });
  });

  test('is refused when it has expired', async () => {
    await refused(same, { grant: { ...grantFor(BYTES), expires_at: inSeconds(-5) } });
  });

  test('is refused for another key', async () => {
    const other = newUploadKey('bob');
    await refused((fields) => ({ ...fields, key: other }));
    expect(await arrivedAt(store().uploads, other)).toBeUndefined();
  });

  test('is refused with any field changed or left out', async () => {
    const { fields } = await store().uploads.presignPost(newUploadKey(), grantFor(BYTES));
    // S3 knows the bucket from the URL, whatever the form says.
    const names = Object.keys(fields).filter((name) => name !== 'bucket');
    expect(names).toContain('key');
    expect(names).toContain('policy');
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      await refused((given) => ({ ...given, [name]: changed(given[name] ?? '') }));
      await refused((given) => {
        const { [name]: _left, ...rest } = given;
        return rest;
      });
    }
  });

  test('is refused with a field more', async () => {
    await refused((fields) => ({ ...fields, acl: 'public-read' }));
    await refused((fields) => ({ ...fields, success_action_redirect: 'https://evil.example/' }));
  });

  test('is refused without a file, and with the file first', async () => {
    const form = (...parts: Parameters<typeof multipartBytes>[0][number][]): SentRequest => ({
      method: 'POST',
      headers: { 'content-type': MULTIPART },
      body: multipartBytes(parts),
    });
    await refused(same, { request: ({ fields }) => form(...fieldParts(fields)) });
    await refused(same, {
      request: ({ fields }, bytes) => form(filePart('file', bytes), ...fieldParts(fields)),
    });
  });
}

function describeDiscard(store: Store): void {
  test('a discarded upload is gone, and discarding it again is fine', async () => {
    const [key, other] = [newUploadKey(), newUploadKey()];
    await arrive(store(), key, bytesOf(100));
    await arrive(store(), other, bytesOf(100));
    await store().uploads.discard(key);
    expect(await store().uploads.open(key)).toBeUndefined();
    await store().uploads.discard(key);
    expect(await uploadKeys(store().uploads)).toEqual([other]);
  });

  test('discarding what never was, or opening it, is fine', async () => {
    await store().uploads.discard(newUploadKey('nobody'));
    expect(await store().uploads.open(newUploadKey('nobody'))).toBeUndefined();
  });

  test('a request still brings bytes after a discard, until it expires', async () => {
    const key = newUploadKey();
    const presigned = await store().uploads.presignPut(key, grantFor(BYTES));
    for (let times = 0; times < 2; times++) {
      expect((await store().send(presigned.url, putRequest(presigned, BYTES))).status).toBe(200);
      expect((await arrivedAt(store().uploads, key))?.bytes.equals(BYTES)).toBe(true);
      await store().uploads.discard(key);
      expect(await uploadKeys(store().uploads)).toEqual([]);
    }
  });
}

function describeList(store: Store): void {
  test('every upload that has arrived is listed once, with its time; objects and parts are not', async () => {
    expect(await uploadKeys(store().uploads)).toEqual([]);
    const keys = ['alice', 'alice', 'bob', '..', '🦅'.repeat(32)].map((user) => newUploadKey(user));
    for (const key of keys) await arrive(store(), key, bytesOf(20));
    await arrive(store(), keys[0] ?? '', bytesOf(30));
    await store().uploads.beginParts(newUploadKey('carol'), 'image/png');
    const draft = await store().objects.begin();
    await draft.write(bytesOf(5));
    await draft.commit('dave/object', propertiesOf(bytesOf(5)));
    expect(await uploadKeys(store().uploads)).toEqual([...keys].sort());
    for await (const { last_modified } of store().uploads.list()) {
      expect(Math.abs(Date.now() - Number(last_modified))).toBeLessThan(60_000);
    }
  });
}
