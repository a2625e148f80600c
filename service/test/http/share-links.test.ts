import { beforeAll, describe, expect, it } from 'vitest';
import { MOST_LINKS } from '../../src/operations/create-link.ts';
import { startUpload } from '../support/announced-uploads.ts';
import { expectEmpty, expectProblem, type Image } from '../support/answers.ts';
import { eventsOf } from '../support/events-of.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { processing, remove } from '../support/image-calls.ts';
import { askForLink, createLink, expectLink, linksOf, openLink, revokeLink } from '../support/link-calls.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { ASKING, tokenOf, withToken } from '../support/token-callers.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const DAY = 86_400_000;

const lifeOf = ({ created_at, expires_at }: { readonly created_at: string; readonly expires_at: string }) =>
  (Date.parse(expires_at) - Date.parse(created_at)) / 1000;

describe.each(DIVIDED_HOMES)('create-link (%s)', (kind) => {
  const home = useHome(kind);
  let image: Image;
  beforeAll(async () => {
    image = await upload(home, {}, newPng());
  });

  it('makes a link for a week, or for as long as is asked, of which nobody has seen anything yet', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    expect(link).toMatchObject({ image_id, created_by: null, views: 0, last_viewed_at: null });
    expect(lifeOf(link)).toBe(7 * 24 * 3600);
    for (const expires_in_seconds of [60, 86_400, 31_536_000]) {
      expect(lifeOf(await createLink(home, image_id, { expires_in_seconds }))).toBe(expires_in_seconds);
    }
    expect(new Set((await linksOf(home, image_id)).map(({ link_id }) => link_id)).size).toBe(4);
  });

  it.each([
    [{ expires_in_seconds: 59 }, 'expires_in_seconds'],
    [{ expires_in_seconds: 31_536_001 }, 'expires_in_seconds'],
    [{ expires_in_seconds: 60.5 }, 'expires_in_seconds'],
    [{ expires_in_seconds: '60' }, 'expires_in_seconds'],
    [{ expires_in_seconds: null }, 'expires_in_seconds'],
    [{ views: 3 }, 'views'],
    [{ idempotency_key: '' }, 'idempotency_key'],
    [[], 'body'],
    ['a week', 'body'],
  ])('refuses %j and names %s', async (body, field) => {
    await expectProblem(await askForLink(home, image.image_id, body), 'invalid_request', field);
    expect(await linksOf(home, image.image_id)).toEqual([]);
  });

  it('refuses queries, for what cannot be asked of it', async () => {
    for (const path of [`/images/${image.image_id}/links?a=1`, '/links/garbage?a=1']) {
      await expectProblem(await home.request(path), 'invalid_request', 'a');
    }
  });

  it.each(['garbage', '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11', '%00', 'a%2Fb'])(
    'knows no image %s',
    async (image_id) => {
      await expectProblem(await askForLink(home, image_id), 'not_found');
      await expectProblem(await home.request(`/images/${image_id}/links`), 'not_found');
      await expectProblem(await revokeLink(home, { image_id, link_id: 'x' }), 'not_found');
    },
  );

  it('makes none of an image whose bytes have not come', async () => {
    const started = await startUpload(home, SMALL_IMAGES['image/jpeg'].bytes);
    await expectProblem(await askForLink(home, started.image.image_id), 'not_ready');
    await expectEmpty(await remove(home, started.image.image_id), 204);
  });

  it('makes up to a hundred live ones of an image, and more when some have gone', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const first = await createLink(home, image_id, { expires_in_seconds: 60 });
    const others = Array.from({ length: MOST_LINKS - 1 }, () => createLink(home, image_id));
    await Promise.all(others);
    const refusal = await expectProblem(await askForLink(home, image_id), 'conflict');
    expect(refusal.detail).toContain('100');
    expect(await linksOf(home, image_id)).toHaveLength(100);
    await expectEmpty(await revokeLink(home, first), 204);
    await createLink(home, image_id);
    await expectProblem(await askForLink(home, image_id), 'conflict');
  });
});

describe.each(DIVIDED_HOMES)('a link that is asked for again under its key (%s)', (kind) => {
  const home = useHome(kind);
  const KEY = { 'idempotency-key': 'link-1' };

  it('is the same one, and another request under the key is refused', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const other = await upload(home, {}, newPng());
    const first = await askForLink(home, image_id, {}, KEY);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const link = await expectLink(first, home);
    for (const [body, headers] of [
      [{}, KEY],
      [{ idempotency_key: 'link-1' }, {}],
      [{ expires_in_seconds: 604_800 }, KEY],
    ] as const) {
      const again = await askForLink(home, image_id, body, headers);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(await expectLink(again, home)).toEqual(link);
    }
    expect(await linksOf(home, image_id)).toEqual([link]);
    const changed = await askForLink(home, image_id, { expires_in_seconds: 60 }, KEY);
    await expectProblem(changed, 'idempotency_key_reused');
    await expectProblem(await askForLink(home, other.image_id, {}, KEY), 'idempotency_key_reused');
    expect(await linksOf(home, other.image_id)).toEqual([]);
  });

  it('is one, of however many ask at once', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const key = { 'idempotency-key': 'link-2' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => askForLink(home, image_id, {}, key)));
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    for (const { status } of answers) expect([201, 409]).toContain(status);
    expect(await linksOf(home, image_id)).toHaveLength(1);
  });

  it('is one where the attempt before was cut off after it had made it, and told so', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const key = { 'idempotency-key': 'link-3' };
    const { keys } = home.context.deps;
    const answer = keys.answer.bind(keys);
    const broken: typeof keys.answer = () => new Promise(() => {});
    keys.answer = broken;
    // Its answer never comes: the process that was to give it is gone.
    void askForLink(home, image_id, {}, key);
    await expect.poll(() => linksOf(home, image_id)).toHaveLength(1);
    keys.answer = answer;
    home.clock.advance(61_000);
    const link = await expectLink(await askForLink(home, image_id, {}, key), home);
    expect(await linksOf(home, image_id)).toEqual([link]);
    expect(lifeOf(link)).toBe(604_800);
  });
});

describe.each(DIVIDED_HOMES)('links and who may do what with them (%s)', (kind) => {
  const home = useHome(kind, { config: ASKING });
  let alice: Home;
  let bob: Home;
  let root: Home;
  let reader: Home;
  let writer: Home;
  let scopeless: Home;
  let image: Image;

  beforeAll(async () => {
    alice = withToken(home, await tokenOf('alice', 'images:read', 'images:write'));
    bob = withToken(home, await tokenOf('bob', 'images:read', 'images:write'));
    root = withToken(home, await tokenOf('root', 'images:admin'));
    reader = withToken(home, await tokenOf('alice', 'images:read'));
    writer = withToken(home, await tokenOf('alice', 'images:write'));
    scopeless = withToken(home, await tokenOf('alice'));
    image = await upload(alice, {}, newPng());
  });

  it('the owner makes, sees and revokes them, and so does an admin, whose name stands in theirs', async () => {
    const own = await createLink(alice, image.image_id);
    const theirs = await createLink(root, image.image_id);
    expect([own.created_by, theirs.created_by]).toEqual(['alice', 'root']);
    for (const each of [alice, reader, root]) expect(await linksOf(each, image.image_id)).toHaveLength(2);
    await expectEmpty(await revokeLink(alice, theirs), 204);
    await expectEmpty(await revokeLink(root, own), 204);
    expect(await linksOf(alice, image.image_id)).toEqual([]);
  });

  it('to another user there is no such image, in the same words as of one that does not exist', async () => {
    const link = await createLink(alice, image.image_id);
    const nowhere = '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11';
    const calls = [
      (image_id: string) => askForLink(bob, image_id),
      (image_id: string) => bob.request(`/images/${image_id}/links`),
      (image_id: string) => revokeLink(bob, { ...link, image_id }),
    ];
    for (const call of calls) {
      const { request_id: _one, ...foreign } = await expectProblem(await call(image.image_id), 'not_found');
      const { request_id: _other, ...unknown } = await expectProblem(await call(nowhere), 'not_found');
      expect(foreign).toEqual(unknown);
    }
    expect(await linksOf(alice, image.image_id)).toEqual([link]);
    await expectEmpty(await revokeLink(alice, link), 204);
  });

  it('nobody revokes a link through an image of their own', async () => {
    const link = await createLink(alice, image.image_id);
    const own = await upload(bob, { user_id: 'bob' }, newPng());
    const { image_id } = own;
    await expectProblem(await revokeLink(bob, { ...link, image_id }), 'not_found');
    await expectEmpty(await openLink(home, link), 302);
    await expectEmpty(await revokeLink(alice, link), 204);
  });

  it('who may only read cannot make or revoke them, who may only write cannot list them', async () => {
    const link = await createLink(writer, image.image_id);
    for (const each of [reader, scopeless]) {
      await expectProblem(await askForLink(each, image.image_id), 'forbidden');
      await expectProblem(await revokeLink(each, link), 'forbidden');
    }
    for (const each of [writer, scopeless]) {
      await expectProblem(await each.request(`/images/${image.image_id}/links`), 'forbidden');
    }
    for (const each of [home, withToken(home, 'not.a.token')]) {
      await expectProblem(await askForLink(each, image.image_id), 'unauthenticated');
      await expectProblem(await revokeLink(each, link), 'unauthenticated');
      await expectProblem(await each.request(`/images/${image.image_id}/links`), 'unauthenticated');
    }
    await expectEmpty(await revokeLink(writer, link), 204);
  });

  it('each is opened by whoever has it: without a token, with a bad one, with that of anybody', async () => {
    const link = await createLink(alice, image.image_id);
    const strangers = [home, withToken(home, 'not.a.token'), bob, scopeless, alice, root];
    for (const stranger of strangers) await expectEmpty(await openLink(stranger, link), 302);
    expect(await linksOf(alice, image.image_id)).toMatchObject([{ views: strangers.length }]);
    await expectEmpty(await revokeLink(alice, link), 204);
    for (const stranger of strangers) await expectProblem(await openLink(stranger, link), 'not_found');
  });

  it('what was made, revoked and refused stands in the audit, and no link', async () => {
    const mine = await upload(alice, {}, newPng());
    const { image_id } = mine;
    const link = await createLink(alice, image_id);
    await expectProblem(await revokeLink(bob, link), 'not_found');
    await openLink(bob, link);
    await expectEmpty(await revokeLink(root, link), 204);
    await expectProblem(await revokeLink(root, link), 'not_found');
    await expectProblem(await openLink(bob, link), 'not_found');
    const events = await eventsOf(home.context.deps.audit, { image_id, within: {} });
    const told = events.map(({ action, actor, outcome, user_id }) => [action, actor, outcome, user_id]);
    expect(told.toReversed()).toEqual([
      ['upload-image', 'alice', 'done', 'alice'],
      ['create-link', 'alice', 'done', 'alice'],
      ['revoke-link', 'bob', 'refused', 'alice'],
      ['revoke-link', 'root', 'done', 'alice'],
      ['revoke-link', 'root', 'refused', 'alice'],
    ]);
    expect(JSON.stringify(await eventsOf(home.context.deps.audit))).not.toContain(link.link_id);
  });
});

describe.each(DIVIDED_HOMES)('the links of an image that is deleted (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 30 }) });
  const gone = async (image_id: string) => home.context.deps.links.list(image_id, Date.now());

  it('show nothing while it lies in the trash, and are as they were when it is restored', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    await expectEmpty(await remove(home, image_id), 204);
    await home.workOff();
    for (const method of ['GET', 'HEAD']) {
      expect((await openLink(home, link, { method })).status).toBe(404);
    }
    await expectProblem(await askForLink(home, image_id), 'not_found');
    await expectProblem(await home.request(`/images/${image_id}/links`), 'not_found');
    expect((await home.request(`/images/${image_id}/restore`, { method: 'POST' })).status).toBe(200);
    expect(await linksOf(home, image_id)).toEqual([link]);
    await expectEmpty(await openLink(home, link), 302);
  });

  it.each([
    ['deleted for good', (image_id: string) => remove(home, image_id, '?permanent=true'), 204],
    ['erased with all that its user has', () => home.request('/users/zoe/images', { method: 'DELETE' }), 202],
  ])('go with it when it is %s', async (_how, end, status) => {
    const { image_id } = await upload(home, { user_id: 'zoe' }, newPng());
    const kept = await upload(home, { user_id: 'yan' }, newPng());
    const link = await createLink(home, image_id);
    const other = await createLink(home, kept.image_id);
    await createLink(home, image_id);
    await expectEmpty(await end(image_id), status);
    await home.workOff();
    await expectProblem(await openLink(home, link), 'not_found');
    expect(await gone(image_id)).toEqual([]);
    expect(await gone(kept.image_id)).toMatchObject([{ link_id: other.link_id }]);
    await expectEmpty(await openLink(home, other), 302);
  });

  it('expire while it lies there, as they would elsewhere', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id, { expires_in_seconds: 3600 });
    await expectEmpty(await remove(home, image_id), 204);
    home.clock.advance(DAY);
    expect((await home.request(`/images/${image_id}/restore`, { method: 'POST' })).status).toBe(200);
    await expectProblem(await openLink(home, link), 'not_found');
    expect(await linksOf(home, image_id)).toEqual([]);
  });
});
