import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { sendUpload, startUpload, uploadsLeft } from '../support/announced-uploads.ts';
import { expectEmpty, expectImage, expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, NOTHING, type TestHome, useHome } from '../support/homes.ts';
import {
  bytesAt,
  idsIn,
  list,
  post,
  processed,
  processing,
  remove,
  replace,
  usage,
  viewed,
} from '../support/image-calls.ts';
import { quarters } from '../support/made-images.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const DAY_MS = 86_400_000;

const restore = (home: Home, image_id: string, ifMatch?: string) =>
  post(home, `/images/${image_id}/restore`, ifMatch);

const trash = (home: Home, user_id: string, more = '') =>
  list(home, `deleted=true&user_id=${user_id}${more}`);

/** Every request about it is answered as if it were not there. */
async function expectHidden(home: Home, { image_id, user_id }: Image): Promise<void> {
  for (const path of ['', '/content', '/versions', '/renditions/thumb', '/renditions?w=10']) {
    await expectProblem(await home.request(`/images/${image_id}${path}`), 'not_found');
  }
  await expectProblem(await replace(home, image_id, newPng()), 'not_found');
  await expectProblem(await post(home, `/images/${image_id}/versions/1/restore`), 'not_found');
  const change = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"title":"x"}' };
  await expectProblem(await home.request(`/images/${image_id}`, change), 'not_found');
  await expectProblem(await remove(home, image_id), 'not_found');
  for (const query of ['', `user_id=${user_id}`, 'tag=sea', `user_id=${user_id}&tag=sea`]) {
    expect(await idsIn(home, query)).not.toContain(image_id);
  }
}

describe.each(DIVIDED_HOMES)('the trash (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 30 }) });

  it('takes what is deleted, so that nobody sees it but its owner', async () => {
    const fields = { user_id: 'ann', tags: ['sea'], title: 'Sea' };
    const image = await processed(home, await quarters().png().toBuffer(), fields);
    const room = await usage(home, 'ann');
    const before = await home.stored();
    await expectEmpty(await remove(home, image.image_id), 204);
    await expectHidden(home, image);
    if (kind === 'embedded') {
      for (const url of [image.url, image.renditions.thumb?.url]) {
        expect((await home.follow(url ?? '')).status).toBe(404);
      }
    }
    const { items } = await trash(home, 'ann');
    const { description: _description, exif: _exif, checksum_sha256: _checksum, ...summary } = image;
    const deleted_at = items[0]?.deleted_at ?? '';
    expect(deleted_at > image.updated_at).toBe(true);
    expect(items).toMatchObject([{ image_id: image.image_id, title: 'Sea', tags: ['sea'], deleted_at }]);
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(Object.keys(summary).sort());
    expect((await trash(home, 'bob')).items).toEqual([]);
    await home.workOff();
    expect(await usage(home, 'ann')).toEqual(room);
    expect((await home.stored()).objects).toEqual(before.objects);
  });

  it('gives everything back, to the same place', async () => {
    const user_id = 'ben';
    const bytes = await quarters().png().toBuffer();
    const ids: string[] = [];
    for (let nth = 0; nth < 3; nth++) {
      ids.unshift((await processed(home, bytes, { user_id, tags: ['sand'], description: 'Words' })).image_id);
    }
    const [, middle = ''] = ids;
    await expectImage(await replace(home, middle, newPng()));
    await home.workOff();
    const before = await viewed(home, middle);
    await expectEmpty(await remove(home, middle), 204);
    expect(await idsIn(home, `user_id=${user_id}`)).toEqual(ids.filter((id) => id !== middle));
    const response = await restore(home, middle);
    expect(response.headers.get('etag')).toBe('"2.3"');
    const after = await expectImage(response);
    expect(after).toEqual({ ...before, updated_at: after.updated_at });
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(await viewed(home, middle)).toEqual(after);
    for (const query of [`user_id=${user_id}`, 'tag=sand', `user_id=${user_id}&tag=sand`]) {
      expect(await idsIn(home, query)).toEqual(ids);
    }
    expect((await trash(home, user_id)).items).toEqual([]);
    expect((await bytesAt(home, after.renditions.thumb?.url)).length).toBeGreaterThan(0);
    const versions = await home.request(`/images/${middle}/versions`);
    const { items } = (await versions.json()) as { items: { url: string; size_bytes: number }[] };
    expect(items.length).toBe(2);
    for (const { url, size_bytes } of items) expect((await bytesAt(home, url)).length).toBe(size_bytes);
  });

  it('restoring again, or what was never deleted, answers alike and changes nothing', async () => {
    const image = await upload(home, { user_id: 'cid' });
    expect(await expectImage(await restore(home, image.image_id))).toEqual(image);
    await remove(home, image.image_id);
    const restored = await expectImage(await restore(home, image.image_id));
    const again = await restore(home, image.image_id);
    expect(again.headers.get('etag')).toBe('"1.3"');
    expect(await expectImage(again)).toEqual(restored);
    for (const id of [v7(), 'no-id']) await expectProblem(await restore(home, id), 'not_found');
    await expectProblem(await post(home, `/images/${image.image_id}/restore?x=1`), 'invalid_request', 'x');
  });

  it('has what was not yet processed, and it is processed when it is restored', async () => {
    const { image_id } = await upload(home, { user_id: 'dan' }, await quarters().png().toBuffer());
    await remove(home, image_id);
    await home.workOff();
    expect((await trash(home, 'dan')).items).toMatchObject([{ placeholder: null }]);
    await expectImage(await restore(home, image_id));
    await home.workOff();
    expect(Object.keys((await viewed(home, image_id)).renditions)).toEqual(['thumb', 'small']);
  });

  it('`permanent=true` goes past it, and out of it', async () => {
    const user_id = 'eve';
    const [past, out] = [await upload(home, { user_id }), await upload(home, { user_id })];
    await home.workOff();
    await expectEmpty(await remove(home, past.image_id, '?permanent=true'), 204);
    await expectEmpty(await remove(home, out.image_id), 204);
    await expectEmpty(await remove(home, out.image_id, '?permanent=true'), 204);
    for (const { image_id } of [past, out]) {
      await expectProblem(await remove(home, image_id, '?permanent=true'), 'not_found');
      await expectProblem(await restore(home, image_id), 'not_found');
    }
    expect((await trash(home, user_id)).items).toEqual([]);
    expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
    await home.workOff();
    const { objects } = await home.stored();
    expect(objects.filter((key) => key.includes('eve'))).toEqual([]);
    await expectProblem(await remove(home, v7(), '?permanent=maybe'), 'invalid_request', 'permanent');
  });

  it('If-Match counts on the way in, on the way back and on the way out', async () => {
    const { image_id } = await upload(home, { user_id: 'fox' });
    await expectProblem(await remove(home, image_id, '', '"1.2"'), 'precondition_failed');
    await expectEmpty(await remove(home, image_id, '', '"1.1"'), 204);
    await expectProblem(await restore(home, image_id, '"1.1"'), 'precondition_failed');
    await expectImage(await restore(home, image_id, '"1.2"'));
    await expectEmpty(await remove(home, image_id, '', '"1.3"'), 204);
    const out = '?permanent=true';
    await expectProblem(await remove(home, image_id, out, '"1.3"'), 'precondition_failed');
    await expectEmpty(await remove(home, image_id, out, '"1.4"'), 204);
  });
});

describe.each(DIVIDED_HOMES)('the trash as a list (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 30 }) });

  it('has pages, in the order of the uploads, and each image once', async () => {
    const user_id = 'gil';
    const ids: string[] = [];
    for (let nth = 0; nth < 5; nth++) ids.push((await upload(home, { user_id })).image_id);
    const kept = await upload(home, { user_id });
    // In another order than they came.
    for (const index of [3, 0, 4, 1, 2]) await remove(home, ids[index] ?? '');
    for (const [order, expected] of [
      ['oldest', ids],
      ['newest', ids.toReversed()],
    ] as const) {
      const seen: string[] = [];
      let key: string | null = null;
      do {
        const after: string = key === null ? '' : `&last_evaluated_key=${encodeURIComponent(key)}`;
        const page = await trash(home, user_id, `&order=${order}&limit=2${after}`);
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ image_id }) => image_id));
        key = page.last_evaluated_key;
      } while (key !== null);
      expect(seen).toEqual(expected);
    }
    const { last_evaluated_key } = await trash(home, user_id, '&limit=2');
    const elsewhere = `user_id=${user_id}&last_evaluated_key=${encodeURIComponent(last_evaluated_key ?? '')}`;
    await expectProblem(await home.request(`/images?${elsewhere}`), 'invalid_request', 'last_evaluated_key');
    expect(await idsIn(home, `user_id=${user_id}`)).toEqual([kept.image_id]);
  });

  it.each([
    ['deleted=true', 'user_id'],
    ['deleted=true&user_id=a&tag=b', 'tag'],
    ['deleted=true&user_id=a&status=pending', 'status'],
    ['deleted=yes&user_id=a', 'deleted'],
  ])('%s is refused and names %s', async (query, field) => {
    await expectProblem(await home.request(`/images?${query}`), 'invalid_request', field);
  });

  it('never has an upload that is under way', async () => {
    const bytes = newPng();
    const started = await startUpload(home, bytes, { user_id: 'hub', content_type: 'image/png' });
    await sendUpload(home, started, bytes);
    await expectEmpty(await remove(home, started.image.image_id), 204);
    expect((await trash(home, 'hub')).items).toEqual([]);
    await expectProblem(await restore(home, started.image.image_id), 'not_found');
    expect(await usage(home, 'hub')).toEqual({ images: 0, bytes: 0 });
    expect(await uploadsLeft(home, started)).toEqual([]);
  });
});

describe.each(DIVIDED_HOMES)('the purge of the trash (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 7 }) });
  const purge = () => purgeTrash(home.context.deps);

  it('removes what has lain there for so many days, and nothing before', async () => {
    const user_id = 'ida';
    const first = await processed(home, await quarters().png().toBuffer(), { user_id });
    const [second, restored, kept] = [
      await upload(home, { user_id }),
      await upload(home, { user_id }),
      await upload(home, { user_id }),
    ];
    await replace(home, first.image_id, newPng(900));
    await home.workOff();
    await remove(home, first.image_id);
    await remove(home, restored.image_id);
    home.clock.advance(2 * DAY_MS);
    await remove(home, second.image_id);
    await expectImage(await restore(home, restored.image_id));
    home.clock.advance(5 * DAY_MS - 60_000);
    expect(await purge()).toBe(0);
    const room = await usage(home, user_id);
    expect(room.images).toBe(4);
    home.clock.advance(120_000);
    expect(await purge()).toBe(1);
    expect((await trash(home, user_id)).items).toMatchObject([{ image_id: second.image_id }]);
    await expectProblem(await restore(home, first.image_id), 'not_found');
    const bytes = room.bytes - first.size_bytes - 900;
    expect(await usage(home, user_id)).toEqual({ images: 3, bytes });
    await home.workOff();
    const { objects } = await home.stored();
    expect(objects.filter((key) => key.includes(first.image_id))).toEqual([]);
    home.clock.advance(2 * DAY_MS);
    expect(await purge()).toBe(1);
    expect(await purge()).toBe(0);
    expect((await trash(home, user_id)).items).toEqual([]);
    expect(new Set(await idsIn(home, `user_id=${user_id}`))).toEqual(
      new Set([restored.image_id, kept.image_id]),
    );
    for (const { image_id } of [restored, kept]) await remove(home, image_id, '?permanent=true');
    await home.workOff();
    expect(await home.stored()).toEqual(NOTHING);
    expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
  });
});

describe.each(DIVIDED_HOMES)('without a trash (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 0 }) });

  it('what is deleted is gone at once', async () => {
    const image = await processed(home, await quarters().png().toBuffer(), { user_id: 'jo' });
    await expectEmpty(await remove(home, image.image_id), 204);
    await expectHidden(home, image);
    await expectProblem(await restore(home, image.image_id), 'not_found');
    expect((await trash(home, 'jo')).items).toEqual([]);
    expect(await usage(home, 'jo')).toEqual({ images: 0, bytes: 0 });
    expect((await home.follow(image.url ?? '')).status).toBe(404);
    await home.workOff();
    expect(await home.stored()).toEqual(NOTHING);
  });
});
