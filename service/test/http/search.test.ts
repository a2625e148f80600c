import { beforeAll, describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { asUser } from '../support/as-caller.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { post, processing, remove } from '../support/image-calls.ts';
import { recordingLog } from '../support/recording-log.ts';
import { believing, useIssuer } from '../support/token-issuer.ts';
import { newPng, postJson, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const listed = async (home: Home, query: string) => expectList(await home.request(`/images?${query}`));
const titles = async (home: Home, query: string) => {
  const found: (string | null)[] = [];
  for (let key: string | null = ''; key !== null; ) {
    const page = await listed(home, `${query}${key && `&last_evaluated_key=${encodeURIComponent(key)}`}`);
    found.push(...page.items.map(({ title }) => title));
    key = page.last_evaluated_key;
  }
  return found.join(' ');
};

function update(home: Home, { image_id }: Image, change: object): Promise<Response> {
  const init = { method: 'PATCH', headers: { 'content-type': 'application/json' } };
  return home.request(`/images/${image_id}`, { ...init, body: JSON.stringify(change) });
}

/** What is said of them, and when: oldest first. */
const IMAGES = [
  [{ title: 'a', description: 'the sea at dusk', tags: ['bird'] }, 'alice', '2026-01-31T23:59:59.999Z'],
  [{ title: 'b', tags: ['sea', 'dusk'] }, 'bob', '2026-02-01T00:00:00.000Z'],
  [{ title: 'c', filename: 'SEA_dusk.png', tags: ['bird'] }, 'alice', '2026-02-01T12:00:00.000Z'],
  [{ title: 'Sea-dusk', tags: ['bird', 'calm'] }, 'alice', '2026-02-02T00:00:00.000Z'],
  [{ title: 'd', description: 'dusk' }, 'alice', '2026-02-03T00:00:00.000Z'],
] as const;

describe.each(DIVIDED_HOMES)('search (%s)', (kind) => {
  const home = useHome(kind, { search: true, config: processing({ trashDays: 30 }) });
  beforeAll(async () => {
    for (const [fields, user_id, time] of IMAGES) {
      home.clock.set(time);
      await upload(home, { ...fields, user_id }, newPng());
    }
    home.clock.release();
    await home.workOff();
  });

  it.each([
    ['q=sea%20dusk', 'Sea-dusk c b a'],
    ['q=SEA%20DU', 'Sea-dusk c b a'],
    ['q=%22dusk%20sea%22', ''],
    ['q=sea%20dusk&order=oldest', 'a b c Sea-dusk'],
    ['q=sea%20dusk&order=relevance', 'Sea-dusk b c a'],
    ['q=sea%20dusk&order=relevance&limit=1', 'Sea-dusk b c a'],
    ['q=sea&limit=2', 'Sea-dusk c b a'],
    ['q=sea&user_id=alice', 'Sea-dusk c a'],
    ['q=sea&user_id=alice&tag=bird&tag=calm', 'Sea-dusk'],
    ['q=sea&tag=bird&date_range=2026-02-01/2026-02-01', 'c'],
    ['q=dusk&date_range=2026-02-02/..&order=relevance', 'Sea-dusk d'],
    ['q=sea&user_id=nobody', ''],
    ['q=sea&user_id=alice&status=scanning', ''],
    ['q=sea&user_id=alice&deleted=true', ''],
  ])('?%s finds %s', async (query, expected) => {
    expect(await titles(home, query)).toBe(expected);
  });

  it.each([
    ['q=', 'q', 'must have a letter or a digit'],
    ['q=%22%22%20-', 'q', 'must have a letter or a digit'],
    [`q=${'x'.repeat(201)}`, 'q', 'at most 200 characters'],
    [`q=${'x+'.repeat(21)}`, 'q', 'at most 20 words'],
    ['order=relevance', 'order', 'only with `q`'],
    ['q=sea&order=best', 'order', 'newest'],
    ['q=sea&tag=bird&status=scanning&user_id=alice', 'tag', 'cannot be combined'],
    ['q=sea&limit=0', 'limit', 'from 1 to 200'],
  ])('?%s is refused', async (query, field, message) => {
    const problem = await expectProblem(await home.request(`/images?${query}`), 'invalid_request');
    expect(problem.errors).toEqual([{ field, message: expect.stringContaining(message) }]);
  });

  it('the key of a page is good for that search in that order alone, and as it was given', async () => {
    const key = (await listed(home, 'q=sea&limit=1')).last_evaluated_key ?? '';
    const on = (query: string, token = key) =>
      home.request(`/images?${query}&last_evaluated_key=${encodeURIComponent(token)}`);
    expect((await expectList(await on('q=sea&limit=2'))).items.map(({ title }) => title)).toEqual(['c', 'b']);
    for (const query of [
      'q=dusk',
      'q=sea&order=oldest',
      'q=sea&order=relevance',
      'q=sea&tag=bird',
      'limit=2',
    ]) {
      const problem = await expectProblem(await on(query), 'invalid_request');
      expect(problem.errors?.map(({ field }) => field)).toEqual(['last_evaluated_key']);
    }
    for (let at = 0; at < key.length; at += 7) {
      const changed = `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`;
      await expectProblem(await on('q=sea', changed), 'invalid_request');
    }
    const listKey = (await listed(home, 'limit=1')).last_evaluated_key ?? '';
    await expectProblem(await on('q=sea', listKey), 'invalid_request');
  });

  it('sees what becomes of an image: changed, deleted, restored, removed', async () => {
    const image = await upload(home, { user_id: 'dora', title: 'Heron' }, newPng());
    const ids = async (query: string) => {
      await home.workOff();
      return (await listed(home, query)).items.map(({ image_id }) => image_id);
    };
    expect(await ids('q=heron')).toEqual([image.image_id]);
    await expectImage(await update(home, image, { title: 'Stork', tags: ['grey heron'] }));
    expect(await ids('q=stork')).toEqual([image.image_id]);
    expect(await ids('q=grey-her')).toEqual([image.image_id]);
    await expectImage(await update(home, image, { tags: [] }));
    expect(await ids('q=heron')).toEqual([]);
    await expectEmpty(await remove(home, image.image_id), 204);
    expect(await ids('q=stork')).toEqual([]);
    expect(await ids('q=stork&user_id=dora&deleted=true')).toEqual([image.image_id]);
    await expectImage(await post(home, `/images/${image.image_id}/restore`));
    expect(await ids('q=stork')).toEqual([image.image_id]);
    await expectEmpty(await remove(home, image.image_id, '?permanent=true'), 204);
    expect(await ids('q=stork')).toEqual([]);
    expect(await ids('q=stork&user_id=dora&deleted=true')).toEqual([]);
  });

  it('never shows what is gone or meets the filters no more, whatever the engine still says', async () => {
    const [kept, changed, gone] = await Promise.all(
      ['Kite 1', 'Kite 2', 'Kite 3'].map((title) =>
        upload(home, { user_id: 'emma', title, tags: ['raptor'] }, newPng()),
      ),
    );
    await home.workOff();
    expect((await listed(home, 'q=kite&tag=raptor')).items).toHaveLength(3);
    if (changed) await expectImage(await update(home, changed, { tags: [] }));
    if (gone) await expectEmpty(await remove(home, gone.image_id), 204);
    // Nobody has told a search that is apart.
    const { items, last_evaluated_key } = await listed(home, 'q=kite&tag=raptor');
    expect(items.map(({ image_id }) => image_id)).toEqual([kept?.image_id]);
    expect(last_evaluated_key).toBeNull();
  });
});

describe.each(DIVIDED_HOMES)('whose images a search finds (%s)', (kind) => {
  const issuer = useIssuer(() => home.clock.now());
  const home: Home = useHome(kind, () => ({ search: true, config: believing(issuer.url) }));

  it('are the own ones; of everybody for an admin; and a key is good for its caller alone', async () => {
    const as = (sub: string) => asUser(home, issuer, sub);
    const admin = await asUser(home, issuer, 'root', { scope: 'images:admin' });
    for (const user of ['ann', 'ben', 'ann']) {
      const { path, init } = postJson({ title: `Lake ${user}`, image_data: newPng().toString('base64') });
      await expectImage(await (await as(user)).request(path, init), 201);
    }
    await home.workOff();
    expect(await titles(await as('ann'), 'q=lake&order=relevance')).toBe('Lake ann Lake ann');
    expect(await titles(await as('ben'), 'q=lake')).toBe('Lake ben');
    expect(await titles(await as('ann'), 'q=ben')).toBe('');
    expect(await titles(admin, 'q=lake&order=oldest')).toBe('Lake ann Lake ben Lake ann');
    expect(await titles(admin, 'q=lake&user_id=ben')).toBe('Lake ben');
    await expectProblem(await (await as('ann')).request('/images?q=lake&user_id=ben'), 'forbidden');
    const key = (await listed(await as('ann'), 'q=lake&limit=1')).last_evaluated_key ?? '';
    const foreign = `/images?q=lake&limit=1&last_evaluated_key=${encodeURIComponent(key)}`;
    await expectProblem(await (await as('ben')).request(foreign), 'invalid_request');
    await expectProblem(await admin.request(foreign), 'invalid_request');
    await expectProblem(await home.request('/images?q=lake'), 'unauthenticated');
  });
});

describe.runIf(DIVIDED_HOMES.includes('aws'))('an AWS home without OpenSearch', () => {
  const home = useHome('aws');

  it('says that search is switched off, and lists as ever', async () => {
    const problem = await expectProblem(await home.request('/images?q=sea'), 'not_configured');
    expect(problem.detail).toContain('OPENSEARCH_URL');
    await expectProblem(await home.request('/images?q='), 'invalid_request');
    expect((await listed(home, '')).items).toEqual([]);
  });
});

describe.runIf(DIVIDED_HOMES.includes('aws'))('an AWS home whose OpenSearch is down', () => {
  const log = recordingLog();
  const home = useHome('aws', { search: true, log });

  it('cannot search, and does all else; what changed is found once it is back', async () => {
    const engine = home.openSearch;
    if (!engine) throw new Error('The home has no engine.');
    const secret = 'a word of the engine alone';
    engine.instead = () => ({ status: 503, body: JSON.stringify({ error: { type: 'x', reason: secret } }) });
    const image = await upload(home, { title: 'Osprey' }, newPng());
    await home.workOff();
    const response = await home.request('/images?q=osprey', { headers: { 'x-request-id': 'search-1' } });
    const problem = await expectProblem(response, 'unavailable');
    expect(problem.request_id).toBe('search-1');
    expect(JSON.stringify(problem)).not.toContain(secret);
    expect(log.entries.some((entry) => JSON.stringify(entry).includes('search-1'))).toBe(true);
    expect((await listed(home, '')).items).toHaveLength(1);

    for (const broken of [
      'hang up',
      { status: 200, body: '<html>' },
      { status: 200, body: '{"hits":7}' },
    ] as const) {
      engine.instead = () => broken;
      await expectProblem(await home.request('/images?q=osprey'), 'unavailable');
    }
    engine.instead = undefined;
    await expect
      .poll(
        async () => {
          await home.workOff();
          return (await listed(home, 'q=osprey')).items.map(({ image_id }) => image_id);
        },
        { timeout: 60_000 },
      )
      .toEqual([image.image_id]);
  });
});
