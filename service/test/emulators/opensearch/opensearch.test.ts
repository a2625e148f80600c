import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INDEX_DEFINITION } from '../../../src/drivers/opensearch/search-document.ts';
import { type OpenSearchEmulator, startOpenSearch } from './opensearch.ts';

describe('the emulator of OpenSearch', () => {
  let engine: OpenSearchEmulator;
  beforeAll(async () => {
    engine = await startOpenSearch();
    const made = await put('/images-v1', { ...INDEX_DEFINITION, aliases: { images: {} } });
    expect(made.status).toBe(200);
  });
  afterAll(() => engine.stop());

  const ask = (method: string, path: string, body: string, type = 'application/json') =>
    fetch(`${engine.url}${path}`, { method, body, headers: { 'content-type': type } });
  const put = (path: string, body: object) => ask('PUT', path, JSON.stringify(body));
  const search = (body: object) =>
    ask('POST', '/images/_search?allow_partial_search_results=false', JSON.stringify(body));
  const bulk = (lines: string, query = '?require_alias=true') =>
    ask('POST', `/images/_bulk${query}`, lines, 'application/x-ndjson');
  const PAGE = { size: 1, track_total_hits: false, _source: false, sort: [] };

  test.each([
    ['a language of its own', { query_string: { query: 'a OR b' } }],
    ['a script', { script: { script: 'true' } }],
    ['a field that is not mapped', { term: { nothing: { value: 'a' } } }],
    ['a field that is not indexed', { term: { image_id: { value: 'a' } } }],
    ['a number where a word belongs', { term: { user_id: { value: 7 } } }],
    ['a setting that is not known', { match_phrase: { title: { query: 'a', slop: 2 } } }],
    ['two queries in one', { match_all: {}, term: { title: { value: 'a' } } }],
    ['more clauses than OpenSearch takes', { bool: { filter: Array(1025).fill({ match_all: {} }) } }],
  ])('refuses a query with %s', async (_what, query) => {
    expect((await search({ ...PAGE, query })).status).toBe(400);
  });

  test('refuses what a search has beside that, and what it does not do', async () => {
    for (const more of [{ from: 10 }, { size: 10_001 }, { track_total_hits: true }, { aggs: {} }]) {
      expect((await search({ ...PAGE, query: { match_all: {} }, ...more })).status).toBe(400);
    }
    for (const [method, path] of [
      ['DELETE', '/images-v1'],
      ['POST', '/images/_delete_by_query'],
      ['POST', '/_bulk'],
      ['POST', '/images/_update/1'],
      ['POST', '/images/_search'],
    ] as const) {
      expect((await ask(method, path, '{}')).status).toBe(501);
    }
    expect((await ask('POST', '/nothing/_refresh', '')).status).toBe(404);
  });

  test('writes by an alias alone, with external versions, in lines that end', async () => {
    const deletion = (version: string) =>
      `{"delete":{"_id":"a","version":${version},"version_type":"external_gte"}}`;
    expect((await bulk(`${deletion('1')}\n`, '')).status).toBe(501);
    expect((await bulk(deletion('1'))).status).toBe(400);
    expect((await bulk('{"delete":{"_id":"a"}}\n')).status).toBe(400);
    expect((await bulk(`${deletion('9223372036854775808')}\n`)).status).toBe(400);
    // Two numbers that are one to JavaScript.
    const close = [`${deletion('4611686018427387905')}\n`, `${deletion('4611686018427387904')}\n`];
    const answers = await Promise.all(
      [await bulk(close[0] ?? ''), await bulk(close[1] ?? '')].map((each) => each.json()),
    );
    expect(answers).toMatchObject([
      { errors: false, items: [{ delete: { status: 404, result: 'not_found' } }] },
      { errors: true, items: [{ delete: { status: 409 } }] },
    ]);
  });

  test('takes no field that is not mapped, and finds nothing before it was refreshed', async () => {
    const written = (id: string, document: object) =>
      bulk(
        `{"index":{"_id":"${id}","version":1,"version_type":"external_gte"}}\n${JSON.stringify(document)}\n`,
      );
    expect(await (await written('b', { colour: 'red' })).json()).toMatchObject({
      items: [{ index: { status: 400, error: { type: 'strict_dynamic_mapping_exception' } } }],
    });
    expect((await written('c', { title: ['sea'] })).status).toBe(200);
    const hits = async () => (await (await search({ ...PAGE, query: { match_all: {} } })).json()) as object;
    expect(await hits()).toEqual({ hits: { hits: [] } });
    await ask('POST', '/images/_refresh', '');
    expect(await hits()).toEqual({ hits: { hits: [{ _id: 'c', sort: [] }] } });
  });
});
