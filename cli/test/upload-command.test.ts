import { copyFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@tintype/client';
import { describe, expect, test, vi } from 'vitest';
import { sha256 } from '../../service/test/process/calls.ts';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { temporaryFolder } from '../../service/test/support/server-process.ts';
import { SMALL_IMAGES } from '../../service/test/support/small-images.ts';
import { called, calledAt, jsonLines } from './support/called.ts';
import { startGate } from './support/gate.ts';
import { writeImages, writeNew } from './support/image-files.ts';
import { storedImages } from './support/stored.ts';

const server = useServer();

/** Each test has a user of its own. */
let users = 0;
const newUser = () => `user-${++users}`;

const run = (...args: string[]) => calledAt(server.url)(...args);

describe('what is uploaded', () => {
  test('are the images below a folder in the order of names, by what their first bytes say', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    await writeNew(join(folder, 'b/photo.txt'), SMALL_IMAGES['image/jpeg'].bytes);
    await writeNew(join(folder, 'a.gif'), SMALL_IMAGES['image/gif'].bytes);
    await writeNew(join(folder, 'c.avif'), SMALL_IMAGES['image/avif'].bytes);
    await writeNew(join(folder, 'b/notes.jpg'), 'These are no pixels.');
    await writeNew(join(folder, 'b/empty.png'), '');
    await writeNew(join(folder, '.trash/old.png'), png());
    await writeNew(join(folder, '.DS_Store'), 'x');
    const { code, out, errors } = await run('upload', '--user', user, '--parallel', '1', folder);
    expect([code, errors]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines.slice(0, 3).map((line) => line.split('  ').at(-1))).toEqual(
      ['a.gif', 'b/photo.txt', 'c.avif'].map((name) => join(folder, name)),
    );
    expect(lines[3]).toEqual(
      expect.stringMatching(/^3 uploaded \(\d+ bytes\); passed over: 2 that are no images, 2 hidden$/),
    );
    const stored = await storedImages(server.url, user);
    expect(stored.map(({ filename, content_type }) => [filename, content_type]).sort()).toEqual([
      ['a.gif', 'image/gif'],
      ['c.avif', 'image/avif'],
      ['photo.txt', 'image/jpeg'],
    ]);
  });

  test('is each folder once, where links lead around in a circle', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    await writeNew(join(folder, 'in/one.png'), png({ seed: 1 }));
    await symlink(folder, join(folder, 'in/loop'));
    await symlink(join(folder, 'in'), join(folder, 'again'));
    await symlink('self', join(folder, 'self'));
    const { code, out, errors } = await run('upload', '--user', user, folder);
    expect(out).toMatch(/\n1 uploaded \(\d+ bytes\), 1 failed\n$/);
    expect([code, errors]).toEqual([1, expect.stringContaining('self is a link that leads to itself')]);
  });

  test('is also what is hidden, if it was named, and has the tags and the title that are said', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const path = await writeNew(join(folder, '.hidden.png'), png({ seed: 2 }));
    await run('upload', '--user', user, '--tags', 'Sea, dusk', '--title', 'By the sea', path);
    expect(await storedImages(server.url, user)).toMatchObject([
      { title: 'By the sea', tags: ['sea', 'dusk'], filename: '.hidden.png' },
    ]);
  });

  test('is one image where several files have the same bytes', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const path = await writeNew(join(folder, 'a.png'), png({ seed: 3 }));
    const copy = join(folder, 'b.png');
    await copyFile(path, copy);
    const { code, out } = await run('upload', '--user', user, path, copy, path);
    expect(code).toBe(0);
    expect(out).toMatch(/^1 uploaded \(\d+ bytes\), 2 identical to others of these$/m);
    // They are read at the same time: whichever has been read first is the one that is uploaded.
    const uploaded = /^uploaded \S+ +(.+)$/m.exec(out)?.[1];
    expect(out).toContain(`identical to ${uploaded}  ${uploaded === path ? copy : path}\n`);
    expect(await storedImages(server.url, user)).toHaveLength(1);
  });

  test('is nothing in a dry run, which says what would be', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    await writeImages(folder, 3);
    const { out } = await run('upload', '--user', user, '--dry-run', folder);
    expect(out).toMatch(/^would upload {2}.*image-0\.png$/m);
    expect(out).toMatch(/\n3 would be uploaded \(3\.0 KB\)\n$/);
    expect(await storedImages(server.url, user)).toEqual([]);
  });

  test('has a safe name, whatever its file is called', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const name = 'red\u001b[31m\nline.png';
    const path = await writeNew(join(folder, name), png({ seed: 4 }));
    const { code, out } = await run('upload', '--user', user, path);
    expect([code, out.includes('\u001b'), out.split('\n').length]).toEqual([0, false, 3]);
    expect(await storedImages(server.url, user)).toMatchObject([{ filename: 'red_[31m_line.png' }]);
  });
});

describe('a second run', () => {
  test('uploads what is new, whatever names and times files have got', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    await writeImages(folder, 5);
    await run('upload', '--user', user, folder);
    await copyFile(join(folder, 'album-0/image-0.png'), join(folder, 'renamed.png'));
    await utimes(join(folder, 'album-1/image-1.png'), new Date(), new Date());
    await writeNew(join(folder, 'same-size.png'), png({ seed: 77, size: 1000 }));
    const { code, out } = await run('upload', '--user', user, folder);
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      '1 uploaded (1.0 KB), 5 there already, 1 identical to others of these',
    ]);
    expect(await storedImages(server.url, user)).toHaveLength(6);
  });

  test('says the id of what is there already, where that was named', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const path = await writeNew(join(folder, 'a.png'), png({ seed: 5 }));
    await run('upload', '--user', user, path);
    const [image] = await storedImages(server.url, user);
    expect((await run('upload', '--user', user, path)).out).toBe(
      `is there   ${image?.image_id}  ${path}\n0 uploaded, 1 there already\n`,
    );
  });

  test.each([
    ['with the same words', []],
    ['with other tags', ['--tags', 'new']],
  ])('brings back what was deleted on purpose, %s, as often as that is so', async (_how, more) => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const path = await writeNew(join(folder, 'a.png'), png({ seed: 6, size: 3000 }));
    const ids = new Set<string>();
    for (let time = 0; time < 3; time++) {
      const { code, out } = await run('upload', '--user', user, ...(time > 0 ? more : []), path);
      expect([code, out]).toEqual([0, expect.stringMatching(/^1 uploaded/m)]);
      const stored = await storedImages(server.url, user);
      expect(stored).toHaveLength(1);
      for (const { image_id } of stored) {
        ids.add(image_id);
        await createClient({ url: server.url }).delete(image_id);
      }
    }
    expect(ids.size).toBe(3);
  });

  test('brings back a large one, too', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const path = await writeNew(join(folder, 'large.png'), png({ seed: 7, size: 5_000_000 }));
    for (let time = 0; time < 2; time++) {
      expect((await run('upload', '--user', user, path)).code).toBe(0);
      const [image] = await storedImages(server.url, user);
      expect(image?.checksum_sha256).toBe(sha256(png({ seed: 7, size: 5_000_000 })));
      await createClient({ url: server.url }).delete(image?.image_id ?? '');
    }
  });

  test('does not upload again what was rejected, and says so', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    // Its header promises more rows than there are.
    const path = await writeNew(join(folder, 'a.png'), png({ seed: 14, width: 3000, height: 2000 }));
    await run('upload', '--user', user, path);
    const api = createClient({ url: server.url });
    const rejected = await vi.waitFor(async () => {
      const { items } = await api.listPage({ user_id: user, status: 'rejected' });
      expect(items).toHaveLength(1);
      return items;
    }, 30_000);
    const { code, errors } = await run('upload', '--user', user, path);
    expect(code).toBe(1);
    expect(errors).toMatch(
      new RegExp(`a\\.png was uploaded before, as ${rejected[0]?.image_id}, and rejected: undecodable`),
    );
  });

  test('of another user has images of its own', async () => {
    const folder = await temporaryFolder();
    const path = await writeNew(join(folder, 'a.png'), png({ seed: 8 }));
    const [one, other] = [newUser(), newUser()];
    await run('upload', '--user', one, path);
    expect((await run('upload', '--user', other, path)).out).toMatch(/^1 uploaded/m);
  });
});

describe('what goes wrong', () => {
  test('with one file is said at the end, and keeps no other', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    await writeNew(join(folder, 'a-broken.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
    await writeNew(join(folder, 'b-good.png'), png({ seed: 9 }));
    const { code, out, errors } = await run('upload', '--user', user, folder, join(folder, 'gone.png'));
    expect(code).toBe(1);
    expect(out).toMatch(/^1 uploaded \(\d+ bytes\), 2 failed$/m);
    expect(errors).toMatch(
      /^Not uploaded:\n.*gone\.png is not there\n.*a-broken\.png: The header of this image\/png file cannot be read\. \(request id [\w-]+\)\n$/,
    );
  });

  test('is told to programs as JSON, a line for each file and one for the whole', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    const good = await writeNew(join(folder, 'good.png'), png({ seed: 10 }));
    const broken = await writeNew(join(folder, 'broken.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
    const { code, out } = await run('upload', '--user', user, '--json', '--parallel', '1', good, broken);
    expect(code).toBe(1);
    expect(jsonLines(out)).toMatchObject([
      {
        path: good,
        outcome: 'uploaded',
        image_id: expect.any(String),
        checksum_sha256: sha256(png({ seed: 10 })),
      },
      {
        path: broken,
        outcome: 'failed',
        error: { code: 'unprocessable_image', request_id: expect.any(String) },
      },
      { summary: { uploaded: 1, failed: 1, present: 0, stopped: 0 } },
    ]);
  });

  test('stores nothing of a file that changes between being read and being sent', async () => {
    const [folder, user] = [await temporaryFolder(), newUser()];
    // Of the same size as one that is there, so that this one is looked at first: then it is another.
    const there = await writeNew(join(folder, 'there.png'), png({ seed: 11, size: 2000 }));
    await run('upload', '--user', user, there);
    const path = await writeNew(join(folder, 'changing.png'), png({ seed: 12, size: 2000 }));
    const gate = await startGate(server.url, {
      async before({ url = '' }) {
        if (/^\/images\/[\w-]{36}$/.test(url)) await writeFile(path, png({ seed: 13, size: 2000 }));
      },
    });
    const { code, errors } = await calledAt(gate.url)('upload', '--user', user, path);
    expect([code, errors]).toEqual([1, `Not uploaded:\n  ${path} has changed while it was being uploaded\n`]);
    expect(await storedImages(server.url, user)).toHaveLength(1);
  });

  test('is nothing where there is nothing to upload', async () => {
    const folder = await temporaryFolder();
    await writeNew(join(folder, 'notes.txt'), 'no image');
    expect(await run('upload', '--user', newUser(), folder)).toEqual({
      code: 0,
      out: '0 uploaded; passed over: 1 that is no image\n',
      errors: '',
    });
  });

  test('with the server ends the run, which says how to go on', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 3);
    const { code, out, errors } = await called([
      'upload',
      '--user',
      'a',
      '--url',
      'http://127.0.0.1:9',
      folder,
    ]);
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(/^No answer from http:\/\/127\.0\.0\.1:9 \(.*\)\. Is the server running\?/);
  });

  test('is a question where nobody knows whose images they are to be', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 1);
    const { code, errors } = await run('upload', folder);
    expect([code, errors]).toEqual([1, expect.stringMatching(/^Say whose images these are: --user ID\./)]);
  });

  test.each([
    [[], /Say which files or folders/],
    [['--parallel', '0', '.'], /--parallel must be a whole number from 1 to 32/],
    [['--parallel', '33', '.'], /--parallel must be/],
    [['--parallel', 'x', '.'], /--parallel must be/],
    [['--recursive', '.'], /--recursive/],
  ])('%j is not understood, which is said on standard error', async (args, message) => {
    const { code, out, errors } = await run('upload', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(errors).toMatch(message);
    expect(errors).toMatch(/tintype upload --help explains it\.\n$/);
  });

  test('a title is for one image', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 2);
    const { code, errors } = await run('upload', '--user', newUser(), '--title', 'Both', folder);
    expect([code, errors]).toEqual([2, '--title goes with one image, and there are 2.\n']);
  });
});
