import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { keptSigningSecret } from './signing-secret.ts';

test('a secret is made once, for this user alone, and kept', async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'signing-secret');
  const secret = await keptSigningSecret(path);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder.path)).toEqual(['signing-secret']);
  expect(await readFile(path, 'utf8')).toBe(`${secret}\n`);
  expect(await keptSigningSecret(path)).toBe(secret);
  expect(await readFile(path, 'utf8')).toBe(`${secret}\n`);
});

test('every folder has a secret of its own', async () => {
  await using folder = await scratchFolder();
  const paths = Array.from({ length: 5 }, (_, n) => join(folder.path, `secret-${n}`));
  const secrets = await Promise.all(paths.map(keptSigningSecret));
  expect(new Set(secrets).size).toBe(5);
});

test('a secret that somebody has put there counts, and what was left half written does not', async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'signing-secret');
  await writeFile(`${path}.new`, 'half');
  const secret = await keptSigningSecret(path);
  expect(secret).not.toContain('half');
  await writeFile(path, '  a secret of 32 letters, chosen by somebody \n');
  expect(await keptSigningSecret(path)).toBe('a secret of 32 letters, chosen by somebody');
});

test('a secret that cannot be read is a failure, and not made anew', async () => {
  await using folder = await scratchFolder();
  await expect(keptSigningSecret(folder.path)).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(folder.path)).toEqual([]);
});

test.each(['', '\n', 'short'])(
  'a kept file that holds %j for a secret ends the start with the remedy',
  async (text) => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'signing-secret');
    await writeFile(path, text);
    await expect(keptSigningSecret(path)).rejects.toThrow(
      /holds no secret\. Put it back from a backup, or remove it/,
    );
    expect(await readFile(path, 'utf8')).toBe(text);
  },
);
