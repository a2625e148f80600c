import { expect, test } from 'vitest';
import { PUBLIC_URL } from '../support/functions-home.ts';
import { queueEvent } from '../support/queue-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { bodyOf, type FunctionCalls } from './calls.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;

/** What the functions do together with share links. */
export function describeLinks(user: string, { home, invoke, call, headerOf }: FunctionCalls): void {
  test('share an image by a link, count who opens it, and end that', async () => {
    const uploaded = await call('upload-image', {
      method: 'POST',
      path: '/images/upload',
      query: [['user_id', user]],
      headers: { 'content-type': 'image/jpeg' },
      body: JPEG,
    });
    const image_id = String(bodyOf(uploaded)['image_id']);
    const path = `/images/${image_id}/links`;
    const create = async () => {
      const headers = { 'content-type': 'application/json' };
      const created = await call('create-link', { method: 'POST', path, headers, body: Buffer.from('{}') });
      expect(created.statusCode).toBe(201);
      return bodyOf(created);
    };
    const { link_id, url } = await create();
    expect(url).toBe(`${PUBLIC_URL}/links/${link_id}`);

    const open = () => call('open-link', { method: 'GET', path: `/links/${link_id}` });
    const opened = await open();
    expect(opened).toMatchObject({ statusCode: 302, body: '' });
    expect(headerOf(opened, 'cache-control')).toBe('no-store');
    const shown = await fetch(headerOf(opened, 'location'));
    expect(Buffer.from(await shown.arrayBuffer()).equals(JPEG)).toBe(true);
    expect(shown.headers.get('content-disposition')).toBe('inline');

    const listed = async () => bodyOf(await call('list-links', { method: 'GET', path }))['items'];
    expect(await listed()).toMatchObject([{ link_id, views: 1 }]);
    const revoke = () => call('revoke-link', { method: 'DELETE', path: `${path}/${link_id}` });
    expect((await revoke()).statusCode).toBe(204);
    expect((await revoke()).statusCode).toBe(404);
    expect((await open()).statusCode).toBe(404);
    expect(await listed()).toEqual([]);

    const other = await create();
    const removed = await call('delete-image', { method: 'DELETE', path: `/images/${image_id}` });
    expect(removed.statusCode).toBe(204);
    const [job = ''] = await home().take('withdraw-image', image_id);
    expect(await invoke('withdraw-image', queueEvent({ job }))).toEqual({ batchItemFailures: [] });
    const orphan = await call('open-link', { method: 'GET', path: `/links/${other['link_id']}` });
    expect(orphan.statusCode).toBe(404);
  });
}
