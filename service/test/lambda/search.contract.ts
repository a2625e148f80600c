import { afterAll, beforeAll, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { type OpenSearchEmulator, startOpenSearch } from '../emulators/opensearch/opensearch.ts';
import { queueEvent, streamEvent } from '../support/queue-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bodyOf, type FunctionCalls } from './calls.ts';

const PNG = SMALL_IMAGES['image/png'].bytes;

/** Images found by their words: what one function changes, the stream tells another of, and a third finds. */
export function describeSearch(user: string, { home, invoke, call }: FunctionCalls): void {
  let openSearch: OpenSearchEmulator;
  const on = () => ({ OPENSEARCH_URL: openSearch.url });
  beforeAll(async () => {
    openSearch = await startOpenSearch({ refreshed: true });
  });
  afterAll(() => openSearch.stop());

  const upload = async (title: string) => {
    const answer = await call('upload-image', {
      method: 'POST',
      path: '/images',
      query: [
        ['user_id', user],
        ['title', title],
      ],
      headers: { 'content-type': 'image/png' },
      body: PNG,
    });
    return String(bodyOf(answer)['image_id']);
  };
  const found = async (q: string) => {
    const query: [string, string][] = [
      ['q', q],
      ['user_id', user],
    ];
    const answer = await call('list-images', { method: 'GET', path: '/images', query }, on());
    expect(answer.statusCode).toBe(200);
    return (bodyOf(answer)['items'] as { image_id: string }[]).map(({ image_id }) => image_id);
  };
  const follow = (...ids: readonly string[]) => invoke('sync-search', streamEvent(ids), on());
  const DONE = { batchItemFailures: [] };

  test('an image is found once the stream has told of it, and no more once it is gone', async () => {
    const image_id = await upload('Osprey at dusk');
    expect(await follow(image_id, newImageId(0), image_id)).toEqual(DONE);
    expect(await found('osprey du')).toEqual([image_id]);
    const removed = await call('delete-image', { method: 'DELETE', path: `/images/${image_id}` });
    expect(removed.statusCode).toBe(204);
    // The engine does not know yet; the record does.
    expect(await found('osprey')).toEqual([]);
    expect(await follow(image_id)).toEqual(DONE);
    expect(openSearch.indexOf('tintype-images')?.ids()).not.toContain(image_id);
  });

  test('what the engine does not take is tried again by a job, while searches say that they cannot', async () => {
    const image_id = await upload('Heron');
    openSearch.instead = () => ({ status: 503, body: '{}' });
    expect(await follow(image_id)).toEqual(DONE);
    const query: [string, string][] = [['q', 'heron']];
    const answer = await call('list-images', { method: 'GET', path: '/images', query }, on());
    expect([answer.statusCode, bodyOf(answer)['code']]).toEqual([503, 'unavailable']);
    const [job = '', ...others] = await home().take('sync-search', image_id);
    expect(others).toEqual([]);
    const failed = await invoke('sync-search', queueEvent({ job }), on());
    expect(failed).toEqual({ batchItemFailures: [{ itemIdentifier: 'job' }] });
    openSearch.instead = undefined;
    expect(await invoke('sync-search', queueEvent({ job }), on())).toEqual(DONE);
    expect(await found('heron')).toEqual([image_id]);
  });

  test('a search is switched off where no engine is named', async () => {
    const query: [string, string][] = [['q', 'heron']];
    const answer = await call('list-images', { method: 'GET', path: '/images', query });
    expect([answer.statusCode, bodyOf(answer)['code']]).toEqual([501, 'not_configured']);
  });
}
