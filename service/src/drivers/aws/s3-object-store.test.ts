import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { bytesOf, keysOf, propertiesOf, written } from '../../../test/support/stored-bytes.ts';
import { type Answer, awsError, OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { S3ObjectStore } from './s3-object-store.ts';

const KEY = 'alice/one';
const BYTES = bytesOf(1000);

function storeOver(answer: Answer) {
  const { client, sent } = stubbedClient<S3Client>(answer);
  const store = new S3ObjectStore({ client, bucket: 'pictures', urlWindowSeconds: 3600 });
  return { store, sent };
}

const fails =
  (error: Error): Answer =>
  () => {
    throw error;
  };

const TAKEN = awsError('PreconditionFailed', 412);
const NONE = awsError('NotFound', 404);

/** S3, where a put fails; `head` says what lies under the key, when the name of the draft is told. */
function failedPut(error: Error, head: (draft: string) => object) {
  let draft = '';
  return storeOver(({ name, input }) => {
    if (name === 'PutObject') {
      draft = Object.values(input['Metadata'] as object).join();
      throw error;
    }
    return name === 'HeadObject' ? head(draft) : {};
  });
}

const ours = (draft: string) => ({ Metadata: { 'tintype-draft': draft } });
const others = () => ({ Metadata: { 'tintype-draft': 'another' } });
const unmarked = () => ({});
const nothing = () => {
  throw NONE;
};

async function commit(store: ObjectStore) {
  const draft = await written(store, BYTES);
  return { draft, outcome: draft.commit(KEY, propertiesOf(BYTES)) };
}

const CALLS: readonly (readonly [name: string, call: (store: ObjectStore) => Promise<unknown>])[] = [
  ['commit', async (store) => (await commit(store)).outcome],
  ['open', (store) => store.open(KEY)],
  ['delete', (store) => store.delete(KEY)],
  ['check', (store) => store.check()],
];

describe('a failure of S3', () => {
  describe.each([...OUTAGES, ['403 without a word', awsError('403', 403)] as const])('%s', (_what, error) => {
    test.each(CALLS)(
      'at %s is `unavailable`, with its cause, and never "there is none"',
      async (_name, call) => {
        const { store } = storeOver(fails(error));
        await expect(call(store)).rejects.toMatchObject({ code: 'unavailable', cause: error });
      },
    );

    test('while an open object is read is `unavailable`', async () => {
      const { store } = storeOver((command, nth) =>
        command.name === 'HeadObject' ? { ContentLength: 1000, ETag: '"x"' } : fails(error)(command, nth),
      );
      const object = await store.open(KEY);
      await expect(object?.read(0, 10)).rejects.toMatchObject({ code: 'unavailable', cause: error });
      const pieces = object?.stream(0, 10)[Symbol.asyncIterator]();
      await expect(pieces?.next()).rejects.toMatchObject({ code: 'unavailable', cause: error });
    });
  });

  test('while keys are listed, and while a URL is signed, is `unavailable`', async () => {
    // What the stub lacks of a client is what makes both fail.
    const { store } = storeOver(() => ({}));
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'unavailable' });
    const options = { expires_at: 0, content_type: 'image/png', content_disposition: 'inline' } as const;
    await expect(store.presignRead(KEY, options)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('404 is an answer: there is no such object', async () => {
    const { store } = storeOver(fails(NONE));
    expect(await store.open(KEY)).toBeUndefined();
  });

  test('404 of the bucket is a failure of the check', async () => {
    const { store } = storeOver(fails(NONE));
    await expect(store.check()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a URL that somebody else signs', () => {
  const options = { content_type: 'image/png', content_disposition: 'inline' } as const;
  const AN_HOUR = 3_600_000;
  const ENDS = Date.UTC(2026, 4, 4, 12);
  const { client } = stubbedClient<S3Client>(() => ({}));

  test.each([
    ['ends then by a clock that agrees with theirs', 0, ENDS],
    ['is one and the same where they nearly agree', 60_000, ENDS],
    ['ends as soon where ours is an hour ahead', AN_HOUR, ENDS - AN_HOUR],
    ['ends as soon where ours is ten years ahead', 87_600 * AN_HOUR + 1, ENDS - 87_600 * AN_HOUR - 1000],
  ])('%s', async (_what, ahead, expires) => {
    const store = new S3ObjectStore({
      client,
      bucket: 'pictures',
      urlWindowSeconds: 3600,
      presignRead: (_key, { expires_at }) => `until ${expires_at}`,
      clockAheadMs: () => ahead,
    });
    expect(await store.presignRead(KEY, { ...options, expires_at: ENDS })).toBe(`until ${expires}`);
  });
});

describe('a put', () => {
  test('says its SHA-256, its type and its length, and takes no key that is taken', async () => {
    const { store, sent } = storeOver(() => ({}));
    for (const size of [0, 1, 1000, 3_000_000]) {
      const bytes = bytesOf(size);
      const { checksum_sha256 } = propertiesOf(bytes);
      const draft = await written(store, bytes);
      await draft.commit(KEY, { content_type: 'image/webp', checksum_sha256 });
      expect(sent.at(-1)).toMatchObject({
        name: 'PutObject',
        input: {
          Bucket: 'pictures',
          Key: KEY,
          ContentType: 'image/webp',
          ContentLength: size,
          ChecksumSHA256: Buffer.from(checksum_sha256, 'hex').toString('base64'),
          IfNoneMatch: '*',
        },
      });
      expect(bytes.equals(sent.at(-1)?.input['Body'] as Buffer)).toBe(true);
    }
    expect(sent).toHaveLength(4);
  });

  test('that finds its own object, since its first answer was lost, has succeeded', async () => {
    const { store, sent } = failedPut(TAKEN, ours);
    const { outcome } = await commit(store);
    await expect(outcome).resolves.toBeUndefined();
    expect(sent.map(({ name }) => name)).toEqual(['PutObject', 'HeadObject']);
  });

  test.each([
    ["another's object", others],
    ['an object that nobody has marked', unmarked],
    ['nothing any more', nothing],
  ])('that was refused and finds %s is a conflict, and takes nothing away', async (_what, head) => {
    const { store, sent } = failedPut(TAKEN, head);
    const { draft, outcome } = await commit(store);
    await expect(outcome).rejects.toMatchObject({ code: 'conflict' });
    await draft.discard();
    expect(sent.map(({ name }) => name)).toEqual(['PutObject', 'HeadObject']);
  });

  test('that was refused and cannot look why is `unavailable`', async () => {
    const denied = awsError('403', 403);
    const { store } = failedPut(TAKEN, () => {
      throw denied;
    });
    const { outcome } = await commit(store);
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable', cause: denied });
  });

  test('of each draft is marked differently', async () => {
    const { store, sent } = storeOver(() => ({}));
    for (let n = 0; n < 3; n++) await (await commit(store)).outcome;
    expect(new Set(sent.map(({ input }) => JSON.stringify(input['Metadata']))).size).toBe(3);
  });
});

describe('a draft that is discarded after a put without an answer', () => {
  const lost = Object.assign(new Error('Socket timed out'), { name: 'TimeoutError' });

  test.each([
    ['its own object: it is taken back', ours, ['PutObject', 'HeadObject', 'DeleteObject']],
    ["another's: it stays", others, ['PutObject', 'HeadObject']],
    ['nothing', nothing, ['PutObject', 'HeadObject']],
  ])('finds %s', async (_what, head, expected) => {
    const { store, sent } = failedPut(lost, head);
    const { draft, outcome } = await commit(store);
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable', cause: lost });
    await draft.discard();
    await draft.discard();
    expect(sent.map(({ name }) => name)).toEqual(expected);
    expect(sent.every(({ input }) => input['Key'] === KEY)).toBe(true);
  });

  test('fails if it cannot look, and can be discarded again', async () => {
    let ill = true;
    const { store, sent } = failedPut(lost, (draft) => {
      if (ill) throw lost;
      return ours(draft);
    });
    const { draft, outcome } = await commit(store);
    await expect(outcome).rejects.toThrow();
    await expect(draft.discard()).rejects.toMatchObject({ code: 'unavailable' });
    ill = false;
    await draft.discard();
    expect(sent.at(-1)?.name).toBe('DeleteObject');
  });
});
