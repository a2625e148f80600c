import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@tintype/client';
import { describe, expect, test, vi } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { temporaryFolder } from '../../service/test/support/server-process.ts';
import { localName } from '../src/download/local-name.ts';
import { calledAt, jsonLines } from './support/called.ts';

const server = useServer();
const run = (...args: string[]) => calledAt(server.url)(...args);

let seed = 100;
async function upload(said: { user_id?: string; filename?: string } = {}) {
  const bytes = png({ seed: ++seed, size: 2000 });
  const image = await createClient({ url: server.url }).upload(bytes, { user_id: 'alice', ...said });
  return { ...image, bytes };
}

/** The first half, and then the connection is gone. */
function brokenOff(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError('terminated'));
      else controller.enqueue(bytes.subarray(0, bytes.length / 2));
      isSent = true;
    },
  });
}

describe('the name of a downloaded file', () => {
  const ID = '01a228df-775a-7197-95ec-98801b7b6136';

  test.each([
    ['osprey.jpg', 'osprey.jpg'],
    ['日本 🎉.png', '日本 🎉.png'],
    ['../../etc/passwd', '___.._etc_passwd'],
    ['/etc/passwd', '_etc_passwd'],
    ['..\\..\\boot.ini', '___.._boot.ini'],
    ['..', `${ID}.png`],
    ['', `${ID}.png`],
    [null, `${ID}.png`],
    ['.bashrc', '_bashrc'],
    ['-rf.png', '_rf.png'],
    ['a\u001b[31m\nb.png', 'a_[31m_b.png'],
    ['gpj.\u202eexe', 'gpj._exe'],
    ['nul.png', '_nul.png'],
    ['C:evil.png', 'C_evil.png'],
    ['trailing. . ', 'trailing'],
  ])('of %j is %j', (filename, name) => {
    expect(localName({ image_id: ID, filename, content_type: 'image/png' })).toBe(name);
  });

  test('is short enough for every file system, with its extension', () => {
    const name = localName({
      image_id: ID,
      filename: `${'日'.repeat(250)}.jpeg`,
      content_type: 'image/jpeg',
    });
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(185);
    expect(name).toMatch(/^日+\.jpeg$/);
  });
});

describe('tintype download', () => {
  test('writes the bytes to the file that is named, or into a folder under its own name', async () => {
    const [folder, image] = [await temporaryFolder(), await upload({ filename: 'osprey.png' })];
    const file = join(folder, 'mine.png');
    expect(await run('download', image.image_id, '-o', file)).toEqual({
      code: 0,
      out: `downloaded  ${image.image_id}  ${file}\n`,
      errors: '',
    });
    await run('download', image.image_id, '--output', folder);
    await run('download', image.image_id, '--output', `${join(folder, 'new/deep')}/`);
    for (const path of ['mine.png', 'osprey.png', 'new/deep/osprey.png']) {
      expect((await readFile(join(folder, path))).equals(image.bytes), path).toBe(true);
    }
    expect((await readdir(folder)).sort()).toEqual(['mine.png', 'new', 'osprey.png']);
  });

  test('never leaves the folder, whatever the file was called', async () => {
    const folder = await temporaryFolder();
    for (const filename of ['../escaped.png', '/tmp/tintype-escaped.png', '..\\escaped.png']) {
      const { image_id } = await upload({ filename });
      const { code, out } = await run('download', image_id, '-o', join(folder, 'in/'));
      expect([code, out]).toEqual([0, expect.stringContaining(join(folder, 'in'))]);
    }
    expect(await readdir(folder)).toEqual(['in']);
    expect(await readdir(join(folder, 'in'))).toHaveLength(3);
    await expect(stat('/tmp/tintype-escaped.png')).rejects.toThrow('ENOENT');
  });

  test('overwrites nothing unless it is told to, and follows no link', async () => {
    const [folder, image] = [await temporaryFolder(), await upload()];
    const [file, target, linked] = ['mine.png', 'target', 'link.png'].map((name) => join(folder, name));
    if (!file || !target || !linked) throw new Error('There are no names.');
    await writeFile(file, 'something else');
    await writeFile(target, 'something else');
    await symlink(target, linked);
    for (const path of [file, linked]) {
      const { code, errors } = await run('download', image.image_id, '-o', path);
      expect([code, errors]).toEqual([
        1,
        `${image.image_id} was not downloaded: ${path} is there already; --force overwrites it.\n`,
      ]);
      expect(await readFile(path, 'utf8')).toBe('something else');
      expect((await run('download', image.image_id, '--force', '-o', path)).code).toBe(0);
      expect((await readFile(path)).equals(image.bytes)).toBe(true);
    }
    expect(await readFile(target, 'utf8')).toBe('something else');
  });

  test('leaves no file behind where the bytes are not those of the image, or do not all come', async () => {
    const [folder, image] = [await temporaryFolder(), await upload()];
    const other = await upload();
    for (const [body, reason] of [
      [new Uint8Array(other.bytes), 'The bytes that came are not those that the service has: try again.'],
      [brokenOff(image.bytes), 'The connection broke before all bytes had come.'],
    ] as const) {
      const real = globalThis.fetch;
      vi.stubGlobal('fetch', (...request: Parameters<typeof fetch>) => {
        const isOfBytes = String(request[0]).includes('/objects/');
        return isOfBytes ? Promise.resolve(new Response(body)) : real(...request);
      });
      const { code, errors } = await run('download', image.image_id, '-o', join(folder, 'a.png'));
      vi.unstubAllGlobals();
      expect([code, errors]).toEqual([1, expect.stringContaining(reason)]);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('of all of a user fetches each once, tells files of one name apart, and goes on where it stopped', async () => {
    const folder = await temporaryFolder();
    const [one, two, three] = [
      await upload({ user_id: 'bob', filename: 'same.png' }),
      await upload({ user_id: 'bob', filename: 'SAME.png' }),
      await upload({ user_id: 'bob', filename: 'other.png' }),
    ];
    const { code, out } = await run('download', '--all-of-user', 'bob', '-o', folder, '--json');
    expect([code, jsonLines(out).map(({ outcome }) => outcome)]).toEqual([0, Array(3).fill('downloaded')]);
    const files = await readdir(folder);
    expect(files).toHaveLength(3);
    const contents = await Promise.all(files.map((name) => readFile(join(folder, name))));
    for (const { bytes } of [one, two, three])
      expect(contents.some((found) => found.equals(bytes))).toBe(true);

    const again = await run('download', '--all-of-user', 'bob', '-o', folder, '--json', '--force');
    expect(jsonLines(again.out).map(({ outcome }) => outcome)).toEqual(Array(3).fill('present'));
    expect(await readdir(folder)).toEqual(files);
  });

  test('goes on after an image that is not there, and says which', async () => {
    const [folder, image] = [await temporaryFolder(), await upload({ filename: 'x.png' })];
    const gone = '01a228df-775a-7197-95ec-98801b7b6136';
    const { code, out, errors } = await run('download', gone, image.image_id, '-o', folder);
    expect([code, errors]).toEqual([1, `${gone} was not downloaded: There is no such image.\n`]);
    expect(out).toBe(`downloaded  ${image.image_id}  ${join(folder, 'x.png')}\n`);
  });

  test.each([
    [[], /Say which images/],
    [['01a228df-775a-7197-95ec-98801b7b6136', '--all-of-user', 'a'], /Say which images/],
    [['../x'], /is not the id of an image/],
    [['--all-of-user', 'a', '-o', ''], /--output must name/],
  ])('%j is not understood', async (args, message) => {
    expect(await run('download', ...args)).toMatchObject({
      code: 2,
      out: '',
      errors: expect.stringMatching(message),
    });
  });
});
