import type { ImageSummary } from '@tintype/client';
import { describe, expect, test } from 'vitest';
import { START } from '../filters/url-state.ts';
import { listedImage, listedImages } from './listed-image.ts';
import { pageSource } from './page-source.ts';

type Asked = Parameters<Parameters<typeof pageSource>[0]['listPage']>[0];

const NEVER = new AbortController().signal;

/** A service with these images, newest first, in pages of a size; keys are where they begin. */
function serviceWith(images: () => readonly ImageSummary[], pageSize = 100) {
  const asked: Asked[] = [];
  const client = {
    asked,
    async listPage(filters: Asked = {}) {
      asked.push(filters);
      const after = filters.last_evaluated_key;
      const left = images().filter((image) => after === undefined || image.image_id < after);
      const items = left.slice(0, pageSize);
      const last = items.at(-1);
      const next = items.length < left.length && last ? last.image_id : null;
      return { items, count: items.length, last_evaluated_key: next };
    },
  };
  return client as typeof client & Parameters<typeof pageSource>[0];
}

const idsOf = (items: readonly ImageSummary[]) => items.map(({ image_id }) => image_id);

describe('a block that is fetched', () => {
  test('is made of as many short pages as it takes', async () => {
    const client = serviceWith(() => listedImages(200, 1), 25);
    const { items, next } = await pageSource(client, 'me', START).fetch(null, null, NEVER);
    expect(items).toHaveLength(75);
    expect(next).toBe('0:image-00126');
  });

  test('ends again where it ended, whatever has been uploaded or deleted meanwhile', async () => {
    let images = listedImages(200, 1);
    const source = pageSource(
      serviceWith(() => images),
      'me',
      START,
    );
    const first = await source.fetch(null, null, NEVER);
    const last = first.items.at(-1) ?? listedImage(0);
    const bound = { upload_time: last.upload_time, image_id: last.image_id, count: first.items.length };
    images = listedImages(210, 1).filter(({ image_id }) => image_id !== 'image-00150');
    const again = await source.fetch(null, bound, NEVER);
    expect(idsOf(again.items)).toEqual(
      idsOf(listedImages(210, 101)).filter((image_id) => image_id !== 'image-00150'),
    );
  });

  test('ends before what follows it, even if its last image is gone', async () => {
    let images = listedImages(200, 1);
    const source = pageSource(
      serviceWith(() => images),
      'me',
      START,
    );
    const bound = { ...listedImage(101), count: 100 };
    images = images.filter(({ image_id }) => image_id !== 'image-00101');
    const { items } = await source.fetch(null, bound, NEVER);
    expect(items.at(-1)?.image_id).toBe('image-00102');
  });

  test('of what is processed goes on from what is checked to what is waiting', async () => {
    const client = serviceWith(() => listedImages(2, 1));
    const source = pageSource(client, 'me', { ...START, view: 'processing' });
    const { items, next } = await source.fetch(null, null, NEVER);
    expect(client.asked.map((filters) => filters?.status)).toEqual(['scanning', 'pending']);
    expect([items.length, next]).toEqual([4, null]);
  });
});

describe('what is asked for', () => {
  test('has all filters, and the order of the search', async () => {
    const client = serviceWith(() => []);
    const state = { ...START, q: ' red ', tags: ['sea'], range: { from: '2026-01-01', to: null } };
    await pageSource(client, 'me', state).fetch(null, null, NEVER);
    expect(client.asked[0]).toMatchObject({ user_id: 'me', q: 'red', tag: ['sea'], order: 'relevance' });
    expect(client.asked[0]?.date_range).toMatch(/\/\.\.$/);
  });

  test('of the trash has no tags', async () => {
    const client = serviceWith(() => []);
    await pageSource(client, 'me', { ...START, view: 'trash', tags: ['sea'] }).fetch(null, null, NEVER);
    expect(client.asked[0]).toMatchObject({ deleted: true });
    expect(client.asked[0]).not.toHaveProperty('tag');
  });
});

test('whether a new image belongs into the list is known from its filters, but not of a search', () => {
  const has = (change: Partial<typeof START>, image: Partial<ImageSummary> = {}) =>
    pageSource(
      serviceWith(() => []),
      'me',
      { ...START, ...change },
    ).has(listedImage(1, image));
  expect(has({})).toBe(true);
  expect(has({}, { user_id: 'other' })).toBe(false);
  expect(has({}, { status: 'scanning' })).toBe(false);
  expect(has({}, { deleted_at: '2026-01-01T00:00:00.000Z' })).toBe(false);
  expect(has({ tags: ['sea'] }, { tags: ['sea', 'sun'] })).toBe(true);
  expect(has({ tags: ['sea'] }, { tags: ['sun'] })).toBe(false);
  expect(has({ range: { from: '2026-02-01', to: null } })).toBe(false);
  expect(has({ view: 'processing' }, { status: 'scanning' })).toBe(true);
  expect(has({ view: 'trash' }, { deleted_at: '2026-01-01T00:00:00.000Z' })).toBe(true);
  expect(has({ q: 'sea' })).toBeUndefined();
});
