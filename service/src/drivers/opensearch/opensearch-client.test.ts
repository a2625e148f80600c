import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS } from '../../../test/emulators/credentials.ts';
import { type OpenSearchEmulator, startOpenSearch } from '../../../test/emulators/opensearch/opensearch.ts';
import { OpenSearchClient, type Signing } from './opensearch-client.ts';
import { OpenSearchWriter } from './opensearch-search-writer.ts';

const { accessKeyId, secretAccessKey } = EMULATOR_CREDENTIALS;
const signing: Signing = {
  region: async () => 'eu-west-1',
  credentials: async () => ({ accessKeyId, secretAccessKey, sessionToken: 'a session' }),
};

describe('a request', () => {
  let engine: OpenSearchEmulator;
  let paths: string[] = [];
  beforeAll(async () => {
    engine = await startOpenSearch({ keys: { [accessKeyId]: secretAccessKey } });
  });
  beforeEach(() => {
    paths = [];
    engine.clear();
    engine.instead = undefined;
  });
  afterAll(() => engine.stop());

  const clientWith = (options: Partial<ConstructorParameters<typeof OpenSearchClient>[0]> = {}) =>
    new OpenSearchClient({
      url: engine.url,
      signing,
      timeoutMs: 20_000,
      wait: async () => {},
      ...options,
    });
  /** Answers the first requests so, and then as the engine does. */
  const failing = (times: number, answer: { status: number; body: string } | 'hang up') => {
    engine.instead = ({ path }) => {
      paths.push(path);
      return paths.length <= times ? answer : undefined;
    };
  };
  const refresh = { method: 'POST', path: '/images/_refresh' } as const;

  test('is signed for the service, body and query included, with what the process is given', async () => {
    await new OpenSearchWriter({ client: clientWith(), index: 'images' }).prepare();
    expect(await clientWith().send(refresh)).toEqual({});
    const query = { allow_partial_search_results: 'false' };
    const body = JSON.stringify({
      size: 1,
      track_total_hits: false,
      _source: false,
      query: { match_all: {} },
      sort: [],
    });
    const search = { method: 'POST', path: '/images/_search', query, body } as const;
    expect(await clientWith().send(search)).toEqual({ hits: { hits: [] } });
  });

  test.each([
    ['without a signature', { signing: undefined }],
    [
      'with a wrong secret',
      { signing: { ...signing, credentials: async () => ({ accessKeyId, secretAccessKey: 'x' }) } },
    ],
    [
      'with an unknown key',
      { signing: { ...signing, credentials: async () => ({ accessKeyId: 'X', secretAccessKey }) } },
    ],
  ])('%s is refused, and not sent again', async (_how, options) => {
    failing(0, 'hang up');
    await expect(clientWith(options).send(refresh)).rejects.toMatchObject({ status: 403 });
    expect(paths).toHaveLength(1);
  });

  test.each([429, 502, 503, 504])('that is answered with %i is sent again, thrice in all', async (status) => {
    await new OpenSearchWriter({ client: clientWith(), index: 'images' }).prepare();
    failing(2, { status, body: '<html>' });
    expect(await clientWith().send(refresh)).toEqual({});
    paths = [];
    failing(3, { status, body: '<html>' });
    await expect(clientWith().send(refresh)).rejects.toMatchObject({ status });
    expect(paths).toHaveLength(3);
  });

  test('whose connection breaks is sent again, and what is no answer of the engine is a failure', async () => {
    await new OpenSearchWriter({ client: clientWith(), index: 'images' }).prepare();
    failing(1, 'hang up');
    expect(await clientWith().send(refresh)).toEqual({});
    paths = [];
    failing(9, { status: 200, body: '<html>' });
    await expect(clientWith().send(refresh)).rejects.toThrow();
  });

  test('that nobody answers in time is given up', async () => {
    // Nothing listens for an answer there: the request hangs until its time is over.
    engine.instead = () => 'no answer';
    const client = clientWith({ timeoutMs: 50, tries: 2 });
    await expect(client.send(refresh)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('that another is to answer is not followed there', async () => {
    engine.instead = () => ({ status: 307, body: '', location: 'http://169.254.169.254/' });
    await expect(clientWith({ tries: 1 }).send(refresh)).rejects.toThrow();
  });
});
