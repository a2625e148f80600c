import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { newLinkId } from '../../src/domain/share-link.ts';
import { expectEmpty, expectProblem, type Image } from '../support/answers.ts';
import { aroundObjects } from '../support/around.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { replace } from '../support/image-calls.ts';
import { createLink, type Link, linksOf, openLink, revokeLink } from '../support/link-calls.ts';
import { recordingLog } from '../support/recording-log.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** When a URL of an object ends, in milliseconds since 1970. */
function endOf(url: string): number {
  const { searchParams } = new URL(url);
  const expires = searchParams.get('expires');
  if (expires !== null) return Number(expires) * 1000;
  const [, ...parts] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date') ?? '') ?? [];
  const [year = 0, month = 0, day, hour, minute, second] = parts.map(Number);
  const signed = Date.UTC(year, month - 1, day, hour, minute, second);
  return signed + Number(searchParams.get('X-Amz-Expires')) * 1000;
}

async function locationOf(home: Home, link: Pick<Link, 'url'>): Promise<string> {
  const response = await openLink(home, link);
  await expectEmpty(response.clone(), 302);
  return response.headers.get('location') ?? '';
}

const viewsOf = async (home: Home, { image_id }: Pick<Link, 'image_id'>) =>
  (await linksOf(home, image_id)).map(({ views, last_viewed_at }) => [views, last_viewed_at]);

describe.each(DIVIDED_HOMES)('open-link (%s)', (kind) => {
  const home = useHome(kind);
  const bytes = newPng();
  let image: Image;
  beforeAll(async () => {
    image = await upload(home, { filename: 'diary.png', title: 'Secret' }, bytes);
  });

  it("leads to the image's bytes, shown in place, and tells neither its name nor who sent it there", async () => {
    const link = await createLink(home, image.image_id);
    const response = await openLink(home, link);
    await expectEmpty(response.clone(), 302);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const url = response.headers.get('location') ?? '';
    const shown = await home.follow(url);
    expect(shown.status).toBe(200);
    expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(shown.headers.get('content-disposition')).toBe('inline');
    expect(url + JSON.stringify([...shown.headers])).not.toMatch(/diary|Secret/);
    expect(url).not.toContain(link.link_id);
  });

  it('leads to a URL that ends in five to ten minutes, or with the link', async () => {
    const long = await createLink(home, image.image_id);
    const short = await createLink(home, image.image_id, { expires_in_seconds: 61 });
    const before = home.context.deps.clock.now();
    const end = endOf(await locationOf(home, long));
    const after = home.context.deps.clock.now();
    expect(end % 300_000).toBe(0);
    expect(end).toBeGreaterThanOrEqual(before + 300_000);
    expect(end).toBeLessThanOrEqual(after + 600_000);
    const shortEnd = endOf(await locationOf(home, short));
    expect(Date.parse(short.expires_at) - shortEnd).toBeGreaterThanOrEqual(0);
    expect(Date.parse(short.expires_at) - shortEnd).toBeLessThan(1000);
  });

  it('counts each GET, and no HEAD, which is answered alike', async () => {
    const mine = await upload(home, {}, newPng());
    const link = await createLink(home, mine.image_id);
    const head = await openLink(home, link, { method: 'HEAD' });
    await expectEmpty(head.clone(), 302);
    expect(await viewsOf(home, link)).toEqual([[0, null]]);
    const response = await openLink(home, link);
    expect(endOf(response.headers.get('location') ?? '')).toBe(endOf(head.headers.get('location') ?? ''));
    await Promise.all(Array.from({ length: 20 }, () => openLink(home, link)));
    const [[views, last_viewed_at] = []] = await viewsOf(home, link);
    expect(views).toBe(21);
    expect(Date.parse(String(last_viewed_at))).toBeGreaterThanOrEqual(Date.parse(link.created_at));
    expect(Date.parse(String(last_viewed_at))).toBeLessThanOrEqual(home.context.deps.clock.now());
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('changes nothing: %s is refused', async (method) => {
    const link = await createLink(home, image.image_id);
    await expectProblem(await openLink(home, link, { method }), 'method_not_allowed');
    await expectEmpty(await openLink(home, link), 302);
  });

  it('is over from the millisecond of its expiry on', async () => {
    const mine = await upload(home, {}, newPng());
    const link = await createLink(home, mine.image_id, { expires_in_seconds: 60 });
    home.clock.set(new Date(Date.parse(link.expires_at) - 1).toISOString());
    await expectEmpty(await openLink(home, link), 302);
    expect(await linksOf(home, mine.image_id)).toHaveLength(1);
    home.clock.set(link.expires_at);
    await expectProblem(await openLink(home, link), 'not_found');
    await expectProblem(await revokeLink(home, link), 'not_found');
    expect(await linksOf(home, mine.image_id)).toEqual([]);
    home.clock.release();
  });

  it('answers all that is no live link in the same words', async () => {
    const revoked = await createLink(home, image.image_id);
    await expectEmpty(await revokeLink(home, revoked), 204);
    const removed = await upload(home, {}, newPng());
    const orphan = await createLink(home, removed.image_id);
    await expectEmpty(await home.request(`/images/${removed.image_id}`, { method: 'DELETE' }), 204);
    const ids = [
      'garbage',
      '%00',
      'a%2Fb',
      'x'.repeat(43),
      revoked.link_id,
      revoked.link_id.toLowerCase(),
      `${revoked.link_id}A`,
      orphan.link_id,
      image.image_id,
      newLinkId(image.image_id, randomBytes(16)),
      newLinkId(newImageId(Date.now()), randomBytes(16)),
    ];
    for (const link_id of ids) {
      const problem = await expectProblem(await home.request(`/links/${link_id}`), 'not_found');
      expect(problem.detail).toBe('There is no such link.');
      await expectEmpty(await home.request(`/links/${link_id}`, { method: 'HEAD' }), 404);
    }
    await expectProblem(await home.request('/links/'), 'not_found');
    await expectProblem(await home.request('/links'), 'not_found');
  });
});

describe.each(DIVIDED_HOMES)('a link to an image that cannot be shown (%s)', (kind) => {
  const home = useHome(kind, {
    config: {
      scanner: { kind: 'clamd', address: { kind: 'tcp', host: '127.0.0.1', port: 1 }, maxBytes: 1_000_000 },
    },
  });

  it('says so to who has the link, and to others that there is none; nothing is counted', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    for (let n = 0; n < 2; n++) {
      const problem = await expectProblem(await openLink(home, link), 'not_ready');
      expect(problem.detail).not.toContain('scanning');
    }
    await expectEmpty(await openLink(home, link, { method: 'HEAD' }), 409);
    expect(await viewsOf(home, link)).toEqual([[0, null]]);
    const guessed = newLinkId(image_id, randomBytes(16));
    await expectProblem(await home.request(`/links/${guessed}`), 'not_found');
  });
});

describe.each(DIVIDED_HOMES)('a link to an image with other bytes since (%s)', (kind) => {
  const home = useHome(kind);

  it('leads to those that it has now', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    const bytes = newPng();
    expect((await replace(home, image_id, bytes)).status).toBe(200);
    const shown = await home.follow(await locationOf(home, link));
    expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe.each(DIVIDED_HOMES)('an opening that fails (%s)', (kind) => {
  const signing = { fails: false };
  const home = useHome(kind, {
    around: aroundObjects((objects) => ({
      async presignRead(key, options) {
        if (signing.fails) throw new Error('no key');
        return objects.presignRead(key, options);
      },
    })),
  });

  it('is not counted', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    signing.fails = true;
    await expectProblem(await openLink(home, link), 'internal');
    signing.fails = false;
    expect(await viewsOf(home, link)).toEqual([[0, null]]);
  });
});

describe.each(DIVIDED_HOMES)('what the log says of links (%s)', (kind) => {
  const log = recordingLog();
  const home = useHome(kind, { log });

  it('is which image was seen, and by no link', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const link = await createLink(home, image_id);
    const { link_id } = link;
    await openLink(home, link);
    await linksOf(home, image_id);
    await revokeLink(home, link);
    await openLink(home, link);
    const lines = log.entries.map(({ fields }) => fields);
    const opened = lines.filter(({ route }) => route === '/links/:link_id');
    expect(opened).toMatchObject([{ status: 302, image_id }, { status: 404 }]);
    expect(lines).toContainEqual(expect.objectContaining({ method: 'POST', status: 201, image_id }));
    const text = JSON.stringify(log.entries);
    expect(text).not.toContain(link_id);
    expect(text).not.toContain(link_id.slice(22));
  });
});
