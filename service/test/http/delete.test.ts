import { describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectList, expectProblem } from '../support/answers.ts';
import { HOMES, NOTHING, useHome } from '../support/homes.ts';
import { upload } from '../support/uploads.ts';

describe.each(HOMES)('delete-image (%s)', (kind) => {
  const home = useHome(kind);
  const remove = (image_id: string, headers: Record<string, string> = {}) =>
    home.request(`/images/${image_id}`, { method: 'DELETE', headers });

  it('takes bytes, record and rows away, and a second time there is no such image', async () => {
    const { image_id, url } = await upload(home, { user_id: 'dora', tags: ['gone'] });
    await expectEmpty(await remove(image_id), 204);
    expect(await home.stored()).toEqual(NOTHING);
    await expectProblem(await home.request(`/images/${image_id}`), 'not_found');
    await expectProblem(await home.request(`/images/${image_id}/content`), 'not_found');
    expect((await home.follow(url ?? '')).status).toBe(404);
    expect((await home.follow(url ?? '', { headers: { range: 'bytes=0-1' } })).status).toBe(404);
    for (const query of ['', 'user_id=dora', 'tag=gone', 'user_id=dora&tag=gone']) {
      expect((await expectList(await home.request(`/images?${query}`))).items).toEqual([]);
    }
    await expectProblem(await remove(image_id), 'not_found');
    await expectProblem(await remove(image_id, { 'if-match': '"1.1"' }), 'not_found');
  });

  it('leaves the images beside it', async () => {
    const [first, second, third] = [await upload(home), await upload(home), await upload(home)];
    await expectEmpty(await remove(second.image_id), 204);
    const { items } = await expectList(await home.request('/images?user_id=alice'));
    expect(new Set(items.map(({ image_id }) => image_id))).toEqual(new Set([first.image_id, third.image_id]));
    for (const { url, image_id } of [first, third]) {
      expect((await home.follow(url ?? '')).status).toBe(200);
      await expectEmpty(await remove(image_id), 204);
    }
  });

  it('If-Match: a stale, weak or foreign tag stops it, the current one, a list or `*` does not', async () => {
    for (const ifMatch of ['"1.0"', 'W/"1.1"', '1.1', '"1.2", "2.1"', '']) {
      const image = await upload(home);
      await expectProblem(await remove(image.image_id, { 'if-match': ifMatch }), 'precondition_failed');
      expect(await expectImage(await home.request(`/images/${image.image_id}`))).toEqual(image);
      expect((await home.follow(image.url ?? '')).status).toBe(200);
      await expectEmpty(await remove(image.image_id), 204);
    }
    for (const ifMatch of ['"1.1"', '*', '"9.9","1.1"']) {
      const { image_id } = await upload(home);
      await expectEmpty(await remove(image_id, { 'if-match': ifMatch }), 204);
    }
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('a parameter is refused and deletes nothing', async () => {
    const { image_id } = await upload(home);
    await expectProblem(await remove(`${image_id}?force=true`), 'invalid_request', 'force');
    await expectEmpty(await remove(image_id), 204);
  });

  it('deletions at the same time: one of them, or more, find the image, and it is gone', async () => {
    const { image_id } = await upload(home);
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove(image_id)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toContain(204);
    expect([...statuses].every((status) => status === 204 || status === 404)).toBe(true);
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('a change and a deletion at the same time leave nothing behind', async () => {
    const { image_id } = await upload(home, { tags: ['race'] });
    const change = { method: 'PATCH', body: '{"tags":["raced"]}' };
    const [changed, removed] = await Promise.all([
      home.request(`/images/${image_id}`, change),
      remove(image_id),
    ]);
    expect([200, 404]).toContain(changed.status);
    expect(removed.status).toBe(204);
    expect(await home.stored()).toEqual(NOTHING);
  });
});
