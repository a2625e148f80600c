import { describe, expect, it } from 'vitest';
import { announce, startUpload } from '../support/announced-uploads.ts';
import { expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { aroundObjects } from '../support/around.ts';
import { asUser } from '../support/as-caller.ts';
import { DIVIDED_HOMES, NOTHING, type TestHome, useHome } from '../support/homes.ts';
import { idsIn, list, processing, remove, usage } from '../support/image-calls.ts';
import { believing, type Claims, useIssuer } from '../support/token-issuer.ts';
import { FORM_NAMES, newPng, postJson, uploadCall } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** A home whose callers show tokens; `as` is how they see it. */
function useOwnedHome(kind: (typeof DIVIDED_HOMES)[number]) {
  const issuer = useIssuer(() => home.clock.now());
  const counts = { presigned: 0 };
  const home: Home = useHome(kind, () => ({
    config: { ...believing(issuer.url), ...processing({ trashDays: 1 }) },
    around: aroundObjects((objects) => ({
      presignRead(key, options) {
        counts.presigned++;
        return objects.presignRead(key, options);
      },
    })),
  }));
  const as = (sub: string, claims?: Claims) => asUser(home, issuer, sub, claims);
  return { home, as, asAdmin: () => as('root', { scope: 'images:admin' }), counts };
}

/** Each test's users are its own. */
let users = 0;
const newUser = () => `user ${++users}`;

async function uploaded(caller: Home, fields: Record<string, unknown> = {}): Promise<Image> {
  const image_data = newPng().toString('base64');
  const { path, init } = postJson({ ...fields, image_data });
  return expectImage(await caller.request(path, init), 201);
}

describe.each(DIVIDED_HOMES)('whose an upload is (%s)', (kind) => {
  const { home, as, asAdmin } = useOwnedHome(kind);

  it.each(FORM_NAMES)("%s: the caller's, where it names nobody", async (form) => {
    const user_id = newUser();
    const { path, init } = uploadCall(form, newPng(), { title: 'Osprey' });
    const image = await expectImage(await (await as(user_id)).request(path, init), 201);
    expect(image).toMatchObject({ user_id, title: 'Osprey' });
    expect(await usage(await as(user_id), user_id)).toMatchObject({ images: 1 });
  });

  it.each(FORM_NAMES)("%s: the caller's, where it names them", async (form) => {
    const user_id = newUser();
    const { path, init } = uploadCall(form, newPng(), { user_id });
    expect(await expectImage(await (await as(user_id)).request(path, init), 201)).toMatchObject({ user_id });
  });

  it.each(FORM_NAMES)("%s: nobody's, where it names somebody else", async (form) => {
    const [user_id, other] = [newUser(), newUser()];
    const before = await home.stored();
    const { path, init } = uploadCall(form, newPng(), { user_id: other });
    await expectProblem(await (await as(user_id)).request(path, init), 'forbidden');
    expect(await home.stored()).toEqual(before);
    for (const each of [user_id, other]) {
      expect(await usage(await as(each), each)).toEqual({ images: 0, bytes: 0 });
    }
  });

  it.each(FORM_NAMES)('%s: of whoever is named, where an admin sends it', async (form) => {
    const user_id = newUser();
    const named = uploadCall(form, newPng(), { user_id });
    const admin = await asAdmin();
    const image = await expectImage(await admin.request(named.path, named.init), 201);
    expect(image).toMatchObject({ user_id });
    const unnamed = uploadCall(form, newPng(), { title: 'Osprey' });
    const own = await expectImage(await admin.request(unnamed.path, unnamed.init), 201);
    expect(own).toMatchObject({ user_id: 'root' });
  });

  it.each(['post', 'put', 'parts'])('announced as %s: likewise', async (method) => {
    const [user_id, other] = [newUser(), newUser()];
    const caller = await as(user_id);
    const about = { method, content_type: 'image/png' };
    const { image } = await startUpload(caller, newPng(), { ...about, user_id: undefined });
    expect(image).toMatchObject({ user_id });
    const before = await home.stored();
    await expectProblem(await announce(caller, newPng(), { ...about, user_id: other }), 'forbidden');
    expect(await home.stored()).toEqual(before);
    expect(await usage(await as(other), other)).toEqual({ images: 0, bytes: 0 });
    const byAdmin = await startUpload(await asAdmin(), newPng(), { ...about, user_id: other });
    expect(byAdmin.image).toMatchObject({ user_id: other });
  });

  it('a name that is anything but a name is a user as any other', async () => {
    for (const user_id of ['.', '../bob', 'a/b#c%2F', 'auth0|62f', 'émile@例え.example', '{"$ne":1}']) {
      const caller = await as(user_id);
      const { image_id } = await uploaded(caller);
      expect((await list(caller, '')).items).toMatchObject([{ image_id, user_id }]);
      await expectProblem(await (await as(`${user_id}x`)).request(`/images/${image_id}`), 'not_found');
    }
  });
});

describe.each(DIVIDED_HOMES)('what a list shows (%s)', (kind) => {
  const { as, asAdmin, home } = useOwnedHome(kind);

  it("the caller's own images, by whatever filter", async () => {
    const [alice, bob] = [await as(newUser()), await as(newUser())];
    const hers = [await uploaded(alice, { tags: ['sea'] }), await uploaded(alice, { tags: ['sky'] })];
    const his = await uploaded(bob, { tags: ['sea'] });
    const ids = hers.map(({ image_id }) => image_id);
    expect(await idsIn(alice, 'order=oldest')).toEqual(ids);
    expect(await idsIn(alice, 'tag=sea')).toEqual(ids.slice(0, 1));
    expect(await idsIn(alice, 'date_range=2000-01-01/..')).toHaveLength(2);
    expect(await idsIn(bob, 'tag=sea')).toEqual([his.image_id]);
    expect(await idsIn(bob, 'tag=sky')).toEqual([]);
  });

  it("the caller's own trash and unfinished uploads, without their name", async () => {
    const [alice, bob] = [await as(newUser()), await as(newUser())];
    const { image_id } = await uploaded(alice);
    expect((await remove(alice, image_id)).status).toBe(204);
    const { image } = await startUpload(alice, newPng(), { user_id: undefined, content_type: 'image/png' });
    expect(await idsIn(alice, 'deleted=true')).toEqual([image_id]);
    expect(await idsIn(alice, 'status=pending')).toEqual([image.image_id]);
    for (const query of ['deleted=true', 'status=pending']) expect(await idsIn(bob, query)).toEqual([]);
  });

  it("everybody's to admins, or of whom they name", async () => {
    const [first, second] = [newUser(), newUser()];
    const one = await uploaded(await as(first), { tags: ['everywhere'] });
    const two = await uploaded(await as(second), { tags: ['everywhere'] });
    const admin = await asAdmin();
    expect(await idsIn(admin, 'tag=everywhere')).toEqual([two.image_id, one.image_id]);
    expect(await idsIn(admin, `user_id=${encodeURIComponent(first)}`)).toEqual([one.image_id]);
  });

  it('nothing of somebody else, not even that there is nothing', async () => {
    const [first, second] = [newUser(), newUser()];
    await uploaded(await as(second));
    const caller = await as(first);
    const answers = await Promise.all(
      [second, newUser()].map(async (other) => {
        const query = `user_id=${encodeURIComponent(other)}`;
        const answer = await caller.request(`/images?${query}`);
        const { request_id: _id, ...problem } = await expectProblem(answer, 'forbidden');
        return problem;
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
  });

  it('a page key is of use to whom it was given alone', async () => {
    const [first, second] = [newUser(), newUser()];
    const [alice, bob, admin] = [await as(first), await as(second), await asAdmin()];
    for (const caller of [alice, alice, bob, bob]) await uploaded(caller);
    const named = `user_id=${encodeURIComponent(first)}`;
    const keyOf = async (caller: Home, query: string) =>
      encodeURIComponent((await list(caller, `${query}limit=1`)).last_evaluated_key ?? '');
    const hers = await keyOf(alice, '');
    await expectList(await alice.request(`/images?limit=1&last_evaluated_key=${hers}`));
    // What a caller may leave out says the same as their name.
    await expectList(await alice.request(`/images?${named}&limit=1&last_evaluated_key=${hers}`));
    for (const [caller, query] of [
      [bob, ''],
      [admin, ''],
      [admin, `${named}&`],
    ] as const) {
      const answer = await caller.request(`/images?${query}limit=1&last_evaluated_key=${hers}`);
      await expectProblem(answer, 'invalid_request', 'last_evaluated_key');
    }
    const ofAdmin = await keyOf(admin, `${named}&`);
    const answer = await alice.request(`/images?${named}&limit=1&last_evaluated_key=${ofAdmin}`);
    await expectProblem(answer, 'invalid_request', 'last_evaluated_key');
    expect((await home.stored()).records.length).toBeGreaterThan(3);
  });
});

describe.each(DIVIDED_HOMES)('what users do not share (%s)', (kind) => {
  const { as, asAdmin, counts } = useOwnedHome(kind);

  it('idempotency keys: the same one is another one', async () => {
    const [first, second] = [newUser(), newUser()];
    const bytes = newPng();
    const once = async (caller: Home, user_id: string | undefined) => {
      const body = { image_data: bytes.toString('base64'), ...(user_id === undefined ? {} : { user_id }) };
      const { path, init } = postJson(body);
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'the same' };
      const response = await caller.request(path, { ...init, headers });
      const replayed = response.headers.get('idempotency-replayed');
      return { ...(await expectImage(response, 201)), replayed };
    };
    const [alice, bob, admin] = [await as(first), await as(second), await asAdmin()];
    const hers = await once(alice, undefined);
    const his = await once(bob, undefined);
    const byAdmin = await once(admin, first);
    expect(new Set([hers, his, byAdmin].map(({ image_id }) => image_id)).size).toBe(3);
    expect([hers, his, byAdmin].map(({ replayed }) => replayed)).toEqual([null, null, null]);
    expect([hers, his, byAdmin].map(({ user_id }) => user_id)).toEqual([first, second, first]);
    // Left out or said, it is the same user's request.
    expect(await once(alice, first)).toMatchObject({ image_id: hers.image_id, replayed: 'true' });
    expect(await once(bob, undefined)).toMatchObject({ image_id: his.image_id, replayed: 'true' });
  });

  it('idempotency keys of announcements neither', async () => {
    const bytes = newPng();
    const once = async (caller: Home) => {
      const response = await caller.request('/images/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'announced' },
        body: JSON.stringify({ content_type: 'image/png', size_bytes: bytes.length }),
      });
      expect(response.status).toBe(201);
      return ((await response.json()) as { image: Image }).image.image_id;
    };
    const [alice, bob] = [await as(newUser()), await as(newUser())];
    const hers = await once(alice);
    expect(await once(bob)).not.toBe(hers);
    expect(await once(alice)).toBe(hers);
  });

  it('a key under which somebody was refused is free', async () => {
    const user_id = newUser();
    const caller = await as(user_id);
    const send = (named: string) => {
      const { path, init } = postJson({ user_id: named, image_data: newPng().toString('base64') });
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'refused first' };
      return caller.request(path, { ...init, headers });
    };
    await expectProblem(await send(newUser()), 'forbidden');
    await expectImage(await send(user_id), 201);
  });

  it('presigned URLs: none is made for whoever may not see the image', async () => {
    const [alice, bob] = [await as(newUser()), await as(newUser())];
    const { image_id } = await uploaded(alice);
    await alice.workOff();
    counts.presigned = 0;
    for (const path of [
      '',
      '?download=true',
      '/content',
      '/versions',
      '/renditions?w=2',
      '/renditions/thumb',
    ]) {
      await expectProblem(await bob.request(`/images/${image_id}${path}`), 'not_found');
    }
    await expectList(await bob.request('/images'));
    expect(counts.presigned).toBe(0);
    expect((await alice.request(`/images/${image_id}/content`)).status).toBe(302);
    expect(counts.presigned).toBeGreaterThan(0);
  });

  it('deletions of several: what is not theirs is not there, and stays', async () => {
    const [alice, bob] = [await as(newUser()), await as(newUser())];
    const hers = await uploaded(alice);
    const his = await uploaded(bob);
    const missing = `${hers.image_id.slice(0, -4)}ffff`;
    const image_ids = [hers.image_id, his.image_id, missing];
    const { path, init } = postJson({ image_ids, permanent: true }, '/images/bulk-delete');
    const answer = (await (await bob.request(path, init)).json()) as { items: Record<string, unknown>[] };
    const refusal = { status: 404, code: 'not_found', error: 'There is no such image.' };
    expect(answer.items).toEqual([
      { image_id: hers.image_id, ...refusal },
      { image_id: his.image_id, status: 204 },
      { image_id: missing, ...refusal },
    ]);
    await expectImage(await alice.request(`/images/${hers.image_id}`));
    await expectProblem(await bob.request(`/images/${his.image_id}`), 'not_found');
  });
});

describe.each(DIVIDED_HOMES)('where nobody is asked who they are (%s)', (kind) => {
  const home = useHome(kind);

  it.each(FORM_NAMES)('%s must say whose the image is', async (form) => {
    const { path, init } = uploadCall(form, newPng(), { title: 'Osprey' });
    await expectProblem(await home.request(path, init), 'invalid_request', 'user_id');
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('so must an announcement', async () => {
    const answer = await announce(home, newPng(), { user_id: undefined, content_type: 'image/png' });
    await expectProblem(answer, 'invalid_request', 'user_id');
  });

  it('a token that is shown all the same counts for nothing', async () => {
    const headers = { authorization: 'Bearer of-nobody' };
    await expectList(await home.request('/images', { headers }));
    await expectProblem(
      await home.request('/images?deleted=true', { headers }),
      'invalid_request',
      'user_id',
    );
  });
});
