import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { bytesOf, propertiesOf } from '../../../test/support/stored-bytes.ts';
import {
  type Answer,
  awsError,
  OUTAGES,
  type SentCommand,
  stubbedClient,
} from '../../../test/support/stubbed-aws.ts';
import type { UploadStore } from '../../ports/upload-store.ts';
import { S3UploadStore } from './s3-upload-store.ts';

const UPLOAD = '.uploads/alice/one';
const OBJECT = 'alice/one';
const ETAG = '"0123456789abcdef0123456789abcdef"';
const BYTES = bytesOf(1000);
const PROPERTIES = propertiesOf(BYTES);
const base64 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');
const SUM = base64(BYTES);
const OTHER_SUM = base64(bytesOf(1000, 1));
const PARTS = [
  { number: 2, size_bytes: 10, etag: '"b"' },
  { number: 1, size_bytes: 20, etag: '"a"' },
];

const NONE = awsError('NotFound', 404);
const CHANGED = awsError('PreconditionFailed', 412);
const DENIED = awsError('AccessDenied', 403);
const THROTTLED = awsError('SlowDown', 503);
const LOST = Object.assign(new Error('Socket timed out'), { name: 'TimeoutError' });
const NO_BUCKET = awsError('NoSuchBucket', 404);
const NO_PARTS = awsError('NoSuchUpload', 404);

function storeOver(answer: Answer) {
  const { client, sent } = stubbedClient<S3Client>(answer);
  return { store: new S3UploadStore({ client, copier: client, bucket: 'pictures' }), sent };
}

const fails =
  (error: Error): Answer =>
  () => {
    throw error;
  };

const names = (sent: readonly SentCommand[]) => sent.map(({ name }) => name);

/** S3, in which an upload is copied: what a copy comes to, and what lies under the object's key after. */
function copying(
  copy: (nth: number) => unknown,
  after: (draft: string) => unknown,
  before: Answer = fails(NONE),
) {
  let draft = '';
  let copies = 0;
  let looks = 0;
  const { store, sent } = storeOver((command, nth) => {
    if (command.name === 'HeadObject') return looks++ === 0 ? before(command, nth) : after(draft);
    if (command.name !== 'CopyObject') return {};
    draft = Object.values(command.input['Metadata'] as object).join();
    return copy(++copies);
  });
  return { outcome: store.accept(UPLOAD, ETAG, OBJECT, PROPERTIES), sent };
}

const copied = (ChecksumSHA256?: string) => () => ({ CopyObjectResult: { ETag: ETAG, ChecksumSHA256 } });
const there = (ChecksumSHA256: string, draft = 'another') => ({
  ChecksumSHA256,
  Metadata: { 'tintype-draft': draft },
});
const thrown = (error: Error) => () => {
  throw error;
};

const CALLS: readonly (readonly [name: string, call: (store: UploadStore) => Promise<unknown>])[] = [
  ['beginParts', (store) => store.beginParts(UPLOAD, 'image/png')],
  ['listParts', (store) => store.listParts(UPLOAD, 'id')],
  ['joinParts', (store) => store.joinParts(UPLOAD, 'id', PARTS)],
  ['discardParts', (store) => store.discardParts(UPLOAD, 'id')],
  ['open', (store) => store.open(UPLOAD)],
  ['accept', (store) => store.accept(UPLOAD, ETAG, OBJECT, PROPERTIES)],
  ['discard', (store) => store.discard(UPLOAD)],
];

describe('a failure of S3', () => {
  describe.each([...OUTAGES, ['403 without a word', awsError('403', 403)] as const])('%s', (_what, error) => {
    test.each(CALLS)('at %s is `unavailable`, with its cause', async (_name, call) => {
      const { store } = storeOver(fails(error));
      await expect(call(store)).rejects.toMatchObject({ code: 'unavailable', cause: error });
    });
  });

  test.each(CALLS.filter(([name]) => name !== 'open' && name !== 'accept'))(
    'at %s is `unavailable` where it is the bucket that is not there',
    async (_name, call) => {
      const { store } = storeOver(fails(NO_BUCKET));
      await expect(call(store)).rejects.toMatchObject({ code: 'unavailable', cause: NO_BUCKET });
    },
  );

  test('while uploads are listed, and while URLs are signed, is `unavailable`', async () => {
    // What the stub lacks of a client is what makes them fail.
    const { store } = storeOver(() => ({}));
    const unavailable = { code: 'unavailable' };
    const grant = {
      expires_at: Date.now() + 60_000,
      content_type: 'image/png',
      size_bytes: 1,
      checksum_sha256: undefined,
    } as const;
    await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(unavailable);
    await expect(store.presignPost(UPLOAD, grant)).rejects.toMatchObject(unavailable);
    await expect(store.presignPut(UPLOAD, grant)).rejects.toMatchObject(unavailable);
    await expect(store.presignPart(UPLOAD, 'id', { ...grant, number: 1 })).rejects.toMatchObject(unavailable);
  });

  test('at the start of an upload in parts is also an answer without an id', async () => {
    const { store } = storeOver(() => ({}));
    await expect(store.beginParts(UPLOAD, 'image/png')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('what is not there', () => {
  test.each([NONE, awsError('NoSuchKey', 404)])('is an answer: $name', async (error) => {
    const { store } = storeOver(fails(error));
    expect(await store.open(UPLOAD)).toBeUndefined();
    await expect(store.accept(UPLOAD, ETAG, OBJECT, PROPERTIES)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('of parts is an answer too', async () => {
    const { store } = storeOver(fails(NO_PARTS));
    expect(await store.listParts(UPLOAD, 'id')).toBeUndefined();
    await store.discardParts(UPLOAD, 'id');
  });

  test('cannot be a key outside of the uploads', async () => {
    const { store, sent } = storeOver(() => ({}));
    for (const key of [OBJECT, '.uploads', '.trash/alice/one', '.uploads/../alice/one', '.uploads//one']) {
      await expect((async () => store.discard(key))()).rejects.toThrow(/key/);
      await expect(store.open(key)).rejects.toThrow(/key/);
      await expect(store.accept(key, ETAG, OBJECT, PROPERTIES)).rejects.toThrow(/key/);
    }
    expect(sent).toEqual([]);
  });
});

describe('parts', () => {
  const page = (numbers: readonly number[], IsTruncated: boolean) => ({
    IsTruncated,
    NextPartNumberMarker: String(numbers.at(-1) ?? 0),
    Parts: numbers.map((PartNumber) => ({ PartNumber, Size: PartNumber, ETag: `"${PartNumber}"` })),
  });

  test('are listed page by page, to the last one and no further', async () => {
    const pages = [page([1, 2], true), page([3, 7], true), page([10_000], false)];
    const { store, sent } = storeOver((_command, nth) => pages[nth - 1]);
    expect((await store.listParts(UPLOAD, 'id'))?.map(({ number }) => number)).toEqual([1, 2, 3, 7, 10_000]);
    expect(sent.map(({ input }) => input['PartNumberMarker'])).toEqual([undefined, '2', '7']);
  });

  test('are none where none have arrived, though S3 names a next marker', async () => {
    const { store, sent } = storeOver(() => page([], false));
    expect(await store.listParts(UPLOAD, 'id')).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  test('are joined in the order of their numbers', async () => {
    const { store, sent } = storeOver(() => ({}));
    await store.joinParts(UPLOAD, 'id', PARTS);
    expect(sent[0]?.input['MultipartUpload']).toEqual({
      Parts: [
        { PartNumber: 1, ETag: '"a"' },
        { PartNumber: 2, ETag: '"b"' },
      ],
    });
  });

  /** S3, in which the parts are gone; `head` says what lies under the key of the upload. */
  const joinedBefore = (head: Answer) =>
    storeOver((command, nth) => {
      if (command.name === 'HeadObject') return head(command, nth);
      throw NO_PARTS;
    });

  test('that were joined when the answer was lost are joined', async () => {
    const { store, sent } = joinedBefore(() => ({ ContentLength: 30, ETag: '"0f-2"' }));
    await store.joinParts(UPLOAD, 'id', PARTS);
    expect(names(sent)).toEqual(['CompleteMultipartUpload', 'HeadObject']);
  });

  test.each<[string, Answer]>([
    ['nothing', fails(NONE)],
    ['something of another size', () => ({ ContentLength: 31, ETag: '"0f-2"' })],
    ['something of other parts', () => ({ ContentLength: 30, ETag: '"0f-3"' })],
    ['something that was put whole', () => ({ ContentLength: 30, ETag: '"0f"' })],
  ])('that are gone where %s lies are a conflict', async (_what, head) => {
    const { store } = joinedBefore(head);
    await expect(store.joinParts(UPLOAD, 'id', PARTS)).rejects.toMatchObject({
      code: 'conflict',
      cause: NO_PARTS,
    });
  });

  test('that are gone where nobody may look are `unavailable`', async () => {
    const { store } = joinedBefore(fails(DENIED));
    await expect(store.joinParts(UPLOAD, 'id', PARTS)).rejects.toMatchObject({
      code: 'unavailable',
      cause: DENIED,
    });
  });

  test.each(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall'])(
    'that S3 refuses as %s are a conflict',
    async (name) => {
      const { store } = storeOver(fails(awsError(name, 400)));
      await expect(store.joinParts(UPLOAD, 'id', PARTS)).rejects.toMatchObject({ code: 'conflict' });
    },
  );
});

describe('a copy', () => {
  test('is conditional on both keys, carries its own checksum, and takes nothing over from the upload', async () => {
    const { outcome, sent } = copying(copied(SUM), () => ({}));
    await outcome;
    expect(names(sent)).toEqual(['HeadObject', 'CopyObject']);
    expect(sent[1]?.input).toMatchObject({
      Bucket: 'pictures',
      Key: OBJECT,
      CopySource: `pictures/${UPLOAD}`,
      CopySourceIfMatch: ETAG,
      IfNoneMatch: '*',
      ContentType: 'image/jpeg',
      MetadataDirective: 'REPLACE',
      TaggingDirective: 'REPLACE',
      ChecksumAlgorithm: 'SHA256',
    });
  });

  test.each([
    ['.uploads/a%2Eb/one', 'pictures/.uploads/a%252Eb/one'],
    ['.uploads/%25%2F%3FversionId%3D1/one', 'pictures/.uploads/%2525%252F%253FversionId%253D1/one'],
    [
      `.uploads/${'%F0%9F%A6%85'.repeat(32)}/one`,
      `pictures/.uploads/${'%25F0%259F%25A6%2585'.repeat(32)}/one`,
    ],
  ])('of the key %s names it encoded once more', async (key, source) => {
    const { store, sent } = storeOver(({ name }) => {
      if (name === 'HeadObject') throw NONE;
      return copied(SUM)();
    });
    await store.accept(key, ETAG, OBJECT, PROPERTIES);
    expect(sent[1]?.input['CopySource']).toBe(source);
  });

  test.each(['*', '"*"', '', 'W/"x"', 'x', '"a", "b"'])(
    'is not even tried on the entity tag %j',
    async (etag) => {
      const { store, sent } = storeOver(() => ({}));
      await expect(store.accept(UPLOAD, etag, OBJECT, PROPERTIES)).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(sent).toEqual([]);
    },
  );

  test('is not tried where the object is there already, and not where another is', async () => {
    const same = copying(
      copied(),
      () => ({}),
      () => there(SUM),
    );
    await same.outcome;
    const other = copying(
      copied(),
      () => ({}),
      () => there(OTHER_SUM),
    );
    await expect(other.outcome).rejects.toMatchObject({ code: 'conflict' });
    for (const { sent } of [same, other]) expect(names(sent)).toEqual(['HeadObject']);
  });
});

describe('a copy that was not answered as hoped', () => {
  test.each([
    ['its answer was lost', LOST],
    ['another copy was faster', CHANGED],
    ['another copy was faster, and the upload is gone', awsError('NoSuchKey', 404)],
  ])('has succeeded where %s and the object is there', async (_what, error) => {
    const { outcome, sent } = copying(thrown(error), () => there(SUM));
    await outcome;
    expect(names(sent)).toEqual(['HeadObject', 'CopyObject', 'HeadObject']);
  });

  test.each([
    ['the upload has changed', CHANGED, 'conflict'],
    ['the upload is gone', awsError('NoSuchKey', 404), 'conflict'],
    ['its answer was lost', LOST, 'unavailable'],
    ['S3 is throttling', THROTTLED, 'unavailable'],
    ['S3 refuses it', DENIED, 'unavailable'],
    ['there is no bucket', NO_BUCKET, 'unavailable'],
  ])('where %s and there is no object after is %s', async (_what, error, code) => {
    const { outcome, sent } = copying(thrown(error), thrown(NONE));
    await expect(outcome).rejects.toMatchObject({ code, cause: error });
    expect(names(sent)).toEqual(['HeadObject', 'CopyObject', 'HeadObject']);
  });

  test('that was refused where nobody may look why is `unavailable`', async () => {
    const { outcome } = copying(thrown(CHANGED), thrown(DENIED));
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable', cause: DENIED });
  });

  test("that finds another's object is a conflict, and takes nothing away", async () => {
    for (const copy of [thrown(CHANGED), thrown(LOST), copied()]) {
      const { outcome, sent } = copying(copy, () => there(OTHER_SUM));
      await expect(outcome).rejects.toMatchObject({ code: 'conflict' });
      expect(names(sent)).toEqual(['HeadObject', 'CopyObject', 'HeadObject']);
    }
  });
});

describe('a copy that was made', () => {
  test('of other bytes under the same entity tag is taken away, also when its answer was lost', async () => {
    for (const copy of [copied(OTHER_SUM), thrown(LOST)]) {
      const { outcome, sent } = copying(copy, (draft) => there(OTHER_SUM, draft));
      await expect(outcome).rejects.toMatchObject({ code: 'conflict' });
      expect(names(sent)).toEqual(['HeadObject', 'CopyObject', 'HeadObject', 'DeleteObject']);
      expect(sent.at(-1)?.input).toEqual({ Bucket: 'pictures', Key: OBJECT });
    }
  });

  test.each([
    ['no checksum', undefined],
    ['only one of its parts', `${OTHER_SUM}-2`],
  ])('of which an engine keeps %s is read to see what it is', async (_what, told) => {
    for (const [bytes, code] of [
      [BYTES, undefined],
      [bytesOf(1000, 1), 'conflict'],
    ] as const) {
      let copies = 0;
      let draft = '';
      const { store, sent } = storeOver(({ name, input }) => {
        if (name === 'CopyObject') {
          copies++;
          draft = Object.values(input['Metadata'] as object).join();
          return { CopyObjectResult: {} };
        }
        if (name === 'GetObject') return { Body: [bytes] };
        if (name !== 'HeadObject') return {};
        if (copies === 0) throw NONE;
        return { ...there('', draft), ChecksumSHA256: told, ETag: ETAG, ContentLength: 1000 };
      });
      const outcome = store.accept(UPLOAD, ETAG, OBJECT, PROPERTIES);
      if (code === undefined) await outcome;
      else await expect(outcome).rejects.toMatchObject({ code });
      expect(names(sent).includes('DeleteObject')).toBe(code !== undefined);
    }
  });
});

describe('the time of a copy', () => {
  test('is given again when another is made at the same time and S3 asks for it, but not for ever', async () => {
    const busy = awsError('ConditionalRequestConflict', 409);
    const twice = copying(
      (nth) => (nth < 3 ? thrown(busy)() : copied(SUM)()),
      () => ({}),
    );
    await twice.outcome;
    expect(names(twice.sent)).toEqual(['HeadObject', 'CopyObject', 'CopyObject', 'CopyObject']);
    const forever = copying(thrown(busy), thrown(NONE));
    await expect(forever.outcome).rejects.toMatchObject({ code: 'unavailable', cause: busy });
  });

  test('and of joining parts is over at some time, whatever S3 does', async () => {
    const { client } = stubbedClient<S3Client>(({ name }, _nth, _original, signal) => {
      if (name === 'HeadObject') throw NONE;
      if (!signal) throw new Error('It is given no end.');
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () =>
          reject(Object.assign(new Error('Aborted'), { name: 'AbortError' })),
        );
      });
    });
    const store = new S3UploadStore({ client, copier: client, copyMs: 1, bucket: 'pictures' });
    const ended = { code: 'unavailable', cause: { name: 'AbortError' } };
    await expect(store.accept(UPLOAD, ETAG, OBJECT, PROPERTIES)).rejects.toMatchObject(ended);
    await expect(store.joinParts(UPLOAD, 'id', PARTS)).rejects.toMatchObject(ended);
  });
});
