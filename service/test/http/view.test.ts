import { v4, v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectList, expectProblem } from '../support/answers.ts';
import { downloadName } from '../support/download-name.ts';
import { HOMES, useHome } from '../support/homes.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { newPng, upload } from '../support/uploads.ts';

/** What can stand in place of an id, and is none of an image that exists. */
const NO_IDS = (known: string) => [
  v7(),
  v4(),
  known.toUpperCase(),
  known.replaceAll('-', ''),
  `{${known}}`,
  `${known}x`,
  ` ${known}`,
  `${known}\n`,
  'x',
  '%',
  '%FF',
  '%00',
  '..%2F..%2Fetc%2Fpasswd',
  '%2e%2e',
  'null',
  '__proto__',
  'constructor',
  '😀',
  'x'.repeat(5000),
];

describe.each(HOMES)('view-image (%s)', (kind) => {
  const home = useHome(kind);

  it('answers with what the upload answered, with its entity tag', async () => {
    const image = await upload(home, { title: 'Osprey', description: 'At dusk', tags: ['bird'] });
    const response = await home.request(`/images/${image.image_id}`);
    expect(response.headers.get('etag')).toBe('"1.1"');
    expect(await expectImage(response)).toEqual(image);
  });

  it('HEAD has the headers of GET and no body', async () => {
    const { image_id } = await upload(home);
    const get = await home.request(`/images/${image_id}`);
    const head = await home.request(`/images/${image_id}`, { method: 'HEAD' });
    for (const name of ['content-type', 'etag', 'cache-control']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
    await expectEmpty(head, 200);
  });

  it('the URL shows the image in place, with download=true it downloads it', async () => {
    const { image_id } = await upload(home, { filename: 'osprey.png' });
    for (const [query, type] of [
      ['', 'inline'],
      ['?download=false', 'inline'],
      ['?download=true', 'attachment'],
    ]) {
      const { url } = await expectImage(await home.request(`/images/${image_id}${query}`));
      const disposition = (await home.follow(url ?? '')).headers.get('content-disposition') ?? '';
      expect(disposition.split(';')[0]).toBe(type);
      expect(downloadName(disposition)).toBe('osprey.png');
    }
  });

  it('an image without a filename downloads under its id, with the extension of its type', async () => {
    const { image_id } = await upload(home);
    const { url } = await expectImage(await home.request(`/images/${image_id}?download=true`));
    const { headers } = await home.follow(url ?? '');
    expect(downloadName(headers.get('content-disposition') ?? '')).toBe(`${image_id}.png`);
  });

  it.each([
    ['download=yes', 'download'],
    ['download=', 'download'],
    ['download=true&download=true', 'download'],
    ['size=large', 'size'],
    ['__proto__=x', '__proto__'],
    ['download=%FF', 'download'],
  ])('the query %s is refused and names the field', async (query, field) => {
    const { image_id } = await upload(home);
    for (const path of [`/images/${image_id}`, `/images/${image_id}/content`]) {
      await expectProblem(await home.request(`${path}?${query}`), 'invalid_request', field);
    }
  });

  it('what is no id of an image is 404, whatever it looks like', async () => {
    const { image_id } = await upload(home);
    for (const id of NO_IDS(image_id).map(encodeURI)) {
      await expectProblem(await home.request(`/images/${id}`), 'not_found');
      await expectProblem(await home.request(`/images/${id}/content`), 'not_found');
      await expectProblem(await home.request(`/images/${id}`, { method: 'DELETE' }), 'not_found');
      const change = { method: 'PATCH', body: '{"title":"x"}' };
      await expectProblem(await home.request(`/images/${id}`, change), 'not_found');
    }
    await expectImage(await home.request(`/images/${image_id}`));
  });
});

describe.each(HOMES)('the URL of an image (%s)', (kind) => {
  const home = useHome(kind, { config: { urlExpiresSeconds: 600 } });

  it('stays the same within its window, and lives for at least one', async () => {
    home.clock.set('2026-11-21T10:00:00.001Z');
    const first = await upload(home);
    expect(first.url_expires_at).toBe('2026-11-21T10:20:00.000Z');
    home.clock.set('2026-11-21T10:09:59.999Z');
    const second = await expectImage(await home.request(`/images/${first.image_id}`));
    expect(second.url).toBe(first.url);
    home.clock.set('2026-11-21T10:10:00.001Z');
    const third = await expectImage(await home.request(`/images/${first.image_id}`));
    expect(third.url_expires_at).toBe('2026-11-21T10:30:00.000Z');
    expect(third.url).not.toBe(first.url);
  });

  it('an exact end of a window gives one whole window', async () => {
    home.clock.set('2026-11-21T11:00:00.000Z');
    expect((await upload(home)).url_expires_at).toBe('2026-11-21T11:10:00.000Z');
  });
});

describe.each(HOMES)('view-image-content (%s)', (kind) => {
  const home = useHome(kind);

  it('redirects to the URL that a view names, and the bytes are there', async () => {
    const bytes = newPng();
    const { image_id } = await upload(home, { filename: 'osprey.png' }, bytes);
    for (const query of ['', '?download=true']) {
      const { url } = await expectImage(await home.request(`/images/${image_id}${query}`));
      const redirect = await home.request(`/images/${image_id}/content${query}`);
      expect(redirect.headers.get('location')).toBe(url);
      expect(redirect.headers.get('cache-control')).toBe('private, no-store');
      const followed = await home.follow(redirect.headers.get('location') ?? '');
      await expectEmpty(redirect, 302);
      expect(Buffer.from(await followed.bytes()).equals(bytes)).toBe(true);
    }
  });

  it('HEAD redirects as well', async () => {
    const { image_id, url } = await upload(home);
    const redirect = await home.request(`/images/${image_id}/content`, { method: 'HEAD' });
    expect(redirect.headers.get('location')).toBe(url);
    await expectEmpty(redirect, 302);
  });
});

describe.each(HOMES)('an image that is not ready (%s)', (kind) => {
  const home = useHome(kind);

  it.each([
    ['pending', null],
    ['scanning', null],
    ['rejected', 'The bytes hold something else.'],
  ] as const)(
    '%s: it can be viewed, without a URL, but not fetched or listed',
    async (status, rejection_reason) => {
      const record = sampleRecord({ status, rejection_reason, user_id: 'alice', tags: ['waiting'] });
      await home.context.deps.index.insert(record);
      const path = `/images/${record.image_id}`;
      for (const query of ['', '?download=true']) {
        const image = await expectImage(await home.request(`${path}${query}`));
        expect(image).toMatchObject({ status, rejection_reason, url: null, url_expires_at: null });
        await expectProblem(await home.request(`${path}/content${query}`), 'not_ready');
      }
      for (const query of ['', 'user_id=alice', 'tag=waiting', 'user_id=alice&tag=waiting']) {
        expect((await expectList(await home.request(`/images?${query}`))).items).toEqual([]);
      }
      await expectEmpty(await home.request(path, { method: 'DELETE' }), 204);
      await expectProblem(await home.request(path), 'not_found');
    },
  );
});
