import { createClient, type Image } from '@tintype/client';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { called, calledAt, jsonLines } from './support/called.ts';
import { startGate } from './support/gate.ts';

const server = useServer();
const run = (...args: string[]) => calledAt(server.url)(...args);
const api = () => createClient({ url: server.url });

let seed = 0;
const upload = (said: { user_id?: string; title?: string; filename?: string; tags?: string[] } = {}) =>
  api().upload(png({ seed: ++seed, size: 1000 + seed }), { user_id: 'alice', ...said });

const HOSTILE = '\u202eosprey';
let images: Image[] = [];

beforeAll(async () => {
  images = [
    await upload({ title: 'Osprey at dusk', tags: ['bird', 'dusk'] }),
    await upload({ title: '日本の写真', tags: ['travel'] }),
    await upload({ title: HOSTILE, tags: ['bird'] }),
  ];
});

describe('tintype list', () => {
  test('shows images in a table, newest first, with nothing in it that a terminal obeys', async () => {
    const { code, out, errors } = await run('list', '--user', 'alice');
    expect([code, errors]).toEqual([0, '']);
    const [heading, ...rows] = out.trimEnd().split('\n');
    expect(heading).toMatch(/^ID +UPLOADED +USER +SIZE +PIXELS +NAME +TAGS$/);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual(
      images
        .toReversed()
        .map(({ image_id, upload_time, size_bytes, title, tags }) => [
          image_id,
          `${upload_time.slice(0, 10)} ${upload_time.slice(11, 19)}Z`,
          'alice',
          `${(size_bytes / 1000).toFixed(1)} KB`,
          '4 x 3',
          title === HOSTILE ? 'osprey' : title,
          tags.join(','),
        ]),
    );
    expect(out).not.toContain('\u202e');
  });

  test.each([
    [110, ['ID', 'UPLOADED', 'USER', 'SIZE', 'PIXELS', 'NAME', 'TAGS']],
    [98, ['ID', 'UPLOADED', 'USER', 'SIZE', 'PIXELS', 'NAME']],
    [80, ['ID', 'UPLOADED', 'SIZE', 'NAME']],
  ])(
    'fits into a terminal of %j columns, without the least of its own where it must be',
    async (columns, left) => {
      const args = ['list', '--user', 'alice', '--tag', 'dusk', '--url', server.url];
      const { out } = await called(args, { isTTY: true, columns });
      const lines = out.trimEnd().split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines[0]?.split(/ {2,}/)).toEqual(left);
      expect((await called(args, { columns })).out).toMatch(/Osprey at dusk +bird,dusk\n/);
    },
  );

  test.each([
    [
      ['--tag', 'bird'],
      ['Osprey at dusk', HOSTILE],
    ],
    [['--tag', 'bird', '--tag', 'dusk'], ['Osprey at dusk']],
    [
      ['--order', 'newest'],
      ['Osprey at dusk', '日本の写真', HOSTILE],
    ],
    [['--date-range', '../2020-01-01'], []],
    [['--deleted'], []],
    [['--status', 'rejected'], []],
  ])('%j shows those that meet it', async (filters, titles) => {
    const { out } = await run('list', '--user', 'alice', '--json', ...filters);
    expect(jsonLines(out).map(({ title }) => title)).toEqual(titles.toReversed());
  });

  test('stops at the limit, and says that there may be more', async () => {
    const { out, errors } = await run(
      'list',
      '--user',
      'alice',
      '--order',
      'oldest',
      '--limit',
      '2',
      '--json',
    );
    expect(jsonLines(out).map(({ image_id }) => image_id)).toEqual(
      images.slice(0, 2).map(({ image_id }) => image_id),
    );
    expect(errors).toBe('There may be more than these 2: --limit N or --all shows them.\n');
    expect((await run('list', '--user', 'alice', '--all')).errors).toBe('');
  });

  test('goes through all pages under one heading', async () => {
    for (let n = 0; n < 201; n++) await upload({ user_id: 'many' });
    const { out, errors } = await run('list', '--user', 'many', '--all');
    const lines = out.trimEnd().split('\n');
    expect([lines.length, lines.filter((line) => line.startsWith('ID')).length, errors]).toEqual([
      202,
      1,
      '',
    ]);
    expect(jsonLines((await run('list', '--user', 'many', '--json', '--limit', '201')).out)).toHaveLength(
      201,
    );
  });

  test('says so where there is nothing', async () => {
    expect(await run('list', '--user', 'nobody')).toEqual({
      code: 0,
      out: '',
      errors: 'No image meets this.\n',
    });
    expect(await run('list', '--user', 'nobody', '--json')).toEqual({ code: 0, out: '', errors: '' });
  });

  test('tells in plain words what the server refuses, and which request that was', async () => {
    const { code, out, errors } = await run('list', '--date-range', 'yesterday');
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(
      /^The request is not valid\. date_range: must be START\/END.*\n\(request id [\w-]+\)\n$/,
    );
  });
});

describe('tintype search', () => {
  test('finds by words, the last of which may be a beginning', async () => {
    expect(jsonLines((await run('search', 'dusk', 'ospr', '--json')).out)).toMatchObject([
      { title: 'Osprey at dusk' },
    ]);
    expect((await run('search', 'heron')).errors).toBe('No image meets this.\n');
    const byRelevance = await run('search', '--order', 'relevance', '--tag', 'bird', 'osprey', '--json');
    expect(jsonLines(byRelevance.out)).toHaveLength(2);
  });

  test('where it is not switched on says how it would be', async () => {
    const problem = { code: 'not_configured', detail: 'There is no search here.', request_id: 'r-1' };
    const answer = new Response(JSON.stringify(problem), {
      status: 501,
      headers: { 'content-type': 'application/problem+json' },
    });
    vi.stubGlobal('fetch', async () => answer);
    try {
      const { code, errors } = await run('search', 'x');
      expect(code).toBe(1);
      expect(errors).toMatch(/^There is no search here\. \(README\.md, under/);
      expect(errors).toMatch(/\(request id r-1\)\n$/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('tintype show', () => {
  test('shows all of an image, for people and for programs', async () => {
    const [{ image_id = '', checksum_sha256 = '' } = {}] = images;
    const { out } = await run('show', image_id);
    expect(out).toMatch(/^title +Osprey at dusk$/m);
    expect(out).toMatch(new RegExp(`^sha-256 +${checksum_sha256}$`, 'm'));
    expect(out).toMatch(/^tags +bird, dusk$/m);
    const { etag, ...image } = JSON.parse((await run('show', image_id, '--json')).out);
    expect(image).toMatchObject({ image_id, title: 'Osprey at dusk', checksum_sha256 });
    expect(etag).toBe('"1.1"');
  });

  test('shows versions, the current one first', async () => {
    const { image_id } = await upload();
    await api().replace(image_id, png({ seed: 5000 }));
    const { out } = await run('show', image_id, '--versions');
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows.map(([version, , , , , status]) => [version, status])).toEqual([
      ['VERSION', 'STATUS'],
      ['2', 'ready, current'],
      ['1', 'ready'],
    ]);
    expect(JSON.parse((await run('show', image_id, '--versions', '--json')).out)).toMatchObject({ count: 2 });
  });

  test('of an image that is not there fails', async () => {
    const { code, errors } = await run('show', '01a228df-775a-7197-95ec-98801b7b6136');
    expect([code, errors]).toEqual([1, expect.stringMatching(/^There is no such image\.\n\(request id/)]);
  });
});

describe('tintype update', () => {
  test('changes what is said, and only that', async () => {
    const { image_id } = await upload({ title: 'Before', tags: ['a'] });
    expect((await run('update', image_id, '--title', 'After', '--description', 'Two\nlines')).code).toBe(0);
    expect(await api().view(image_id)).toMatchObject({
      title: 'After',
      description: 'Two\nlines',
      tags: ['a'],
    });
    await run('update', image_id, '--title', '', '--tags', 'b, C');
    expect(await api().view(image_id)).toMatchObject({ title: null, tags: ['b', 'c'] });
    await run('update', image_id, '--tags', '');
    expect(await api().view(image_id)).toMatchObject({ tags: [] });
  });

  test('adds and removes tags, whatever their case', async () => {
    const { image_id } = await upload({ tags: ['a', 'b'] });
    const { out } = await run(
      'update',
      image_id,
      '--add-tag',
      'c',
      '--remove-tag',
      ' B',
      '--add-tag',
      'd',
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({ tags: ['a', 'c', 'd'] });
  });

  test('loses nothing that somebody else changes in the same moment', async () => {
    const { image_id } = await upload({ title: 'Mine', tags: ['a'] });
    let others = 0;
    const gate = await startGate(server.url, {
      async before({ method }) {
        if (method === 'PATCH' && others < 2)
          await api().update(image_id, { title: 'Theirs', tags: ['a', `t${++others}`] });
      },
    });
    const tagged = await calledAt(gate.url)('update', image_id, '--add-tag', 'mine');
    expect(tagged).toMatchObject({ code: 0, errors: '' });
    expect(await api().view(image_id)).toMatchObject({ title: 'Theirs', tags: ['a', 't2', 'mine'] });

    others = 0;
    const titled = await calledAt(gate.url)('update', image_id, '--title', 'Mine');
    expect(titled).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^Somebody has changed the image meanwhile/),
    });
    expect(await api().view(image_id)).toMatchObject({ title: 'Theirs' });
  });
});

describe('tintype delete', () => {
  test('deletes each for itself, and says which it could not', async () => {
    const [one, two] = [await upload(), await upload()];
    const gone = '01a228df-775a-7197-95ec-98801b7b6136';
    const { code, out, errors } = await run('delete', '--yes', one.image_id, gone, two.image_id);
    expect(code).toBe(1);
    expect(out).toBe(`${one.image_id} deleted\n${two.image_id} deleted\n`);
    expect(errors).toBe(`${gone} not deleted: There is no such image.\n`);
    await expect(api().view(one.image_id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('tells programs what became of each', async () => {
    const { image_id } = await upload();
    const { code, out } = await run('delete', '--permanent', '--yes', '--json', image_id);
    expect([code, jsonLines(out)]).toEqual([0, [{ image_id, status: 204 }]]);
  });

  test('asks first, and where nobody can be asked deletes nothing', async () => {
    const { image_id } = await upload();
    const { code, errors } = await run('delete', image_id);
    expect([code, errors]).toEqual([2, expect.stringMatching(/^Nobody can be asked here/)]);
    expect(await api().view(image_id)).toMatchObject({ image_id });
  });

  test('of more than the API takes at once goes on in batches', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 101; n++) ids.push((await upload({ user_id: 'crowd' })).image_id);
    const { code, out } = await run('delete', '--yes', ...ids, ids[0] ?? '');
    expect([code, out.trimEnd().split('\n').length]).toEqual([0, 101]);
  });
});

const ID = '01a228df-775a-7197-95ec-98801b7b6136';

test.each([
  [['list', 'words'], /list takes options only/],
  [['list', '--order', 'best'], /--order must be newest or oldest/],
  [['list', '--limit', '0'], /--limit must be a whole number from 1 to 100000/],
  [['list', '--limit', '5', '--all'], /do not go together/],
  [['list', '--status', 'ready'], /--status must be pending or scanning or rejected/],
  [['list', '--status', 'pending', '--deleted'], /do not go together/],
  [['list', '--users', 'alice'], /--users/],
  [['search'], /words to search for are needed/],
  [['search', ' '], /words to search for are needed/],
  [['show'], /The id of one image is needed/],
  [['show', ID, ID], /The id of one image is needed/],
  [['show', '../users'], /"\.\.\/users" is not the id of an image/],
  [['update', ID], /Say what is to be changed/],
  [['update', ID, '--tags', 'a', '--add-tag', 'b'], /--tags says all of them/],
  [['delete', '--yes'], /The ids of the images are needed/],
  [['delete', '--yes', ID, 'x'], /"x" is not the id/],
])('%j is not understood, which is said on standard error', async (args, message) => {
  const { code, out, errors } = await run(...args);
  expect([code, out]).toEqual([2, '']);
  expect(errors).toMatch(message);
  expect(errors).toMatch(new RegExp(`tintype ${args[0]} --help explains it\\.\\n$`));
});

test.each(['list', 'search', 'show', 'update', 'delete', 'upload', 'download', 'serve'])(
  'tintype %s --help teaches it with examples',
  async (name) => {
    const { code, out, errors } = await called([name, '--help']);
    expect([code, errors]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^tintype ${name}: .*\\.\\n\\n {2}tintype ${name}`));
    expect(out).toContain('Exit codes: 0');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect((await called(['--help'])).out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  },
);
