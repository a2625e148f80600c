import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { FolderInUseError, lockFolder } from './folder-lock.ts';

const sentence = (folder: string) =>
  `The data folder ${folder} is in use by another Tintype server. ` +
  'Stop that one, or give this one a folder of its own with DATA_DIR.';

test('a folder is for one alone, until it is released', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'lock.db');
  const lock = lockFolder(folder.path, file);
  expect(() => lockFolder(folder.path, file)).toThrow(FolderInUseError);
  expect(() => lockFolder(folder.path, file)).toThrow(OperatorError);
  expect(() => lockFolder(folder.path, file)).toThrow(sentence(folder.path));
  lock.release();
  const next = lockFolder(folder.path, file);
  expect(() => lockFolder(folder.path, file)).toThrow(FolderInUseError);
  next.release();
});

test('another folder is nobody else’s business', async () => {
  await using folder = await scratchFolder();
  const locks = ['a.db', 'b.db'].map((name) => lockFolder(folder.path, join(folder.path, name)));
  expect(locks).toHaveLength(2);
  for (const lock of locks) lock.release();
});

test('what is no lock that another holds is told as it is', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'missing', 'lock.db');
  expect(() => lockFolder(folder.path, file)).toThrow('unable to open database file');
  expect(() => lockFolder(folder.path, file)).not.toThrow(FolderInUseError);
});

/** Takes the lock in a process of its own, says so, and stays. */
const HOLDER = `
  const { lockFolder } = await import(process.argv[1]);
  lockFolder(process.argv[2], process.argv[3]);
  process.stdout.write('locked');
  setInterval(() => {}, 1000);
`;

test('a folder that another process holds is refused, and free as soon as that is killed', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'lock.db');
  const module = new URL('./folder-lock.ts', import.meta.url).href;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, module, folder.path, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(holder, 'exit');
  try {
    await once(holder.stdout, 'data');
    expect(() => lockFolder(folder.path, file)).toThrow(sentence(folder.path));
  } finally {
    holder.kill('SIGKILL');
    await exit;
  }
  const lock = await vi.waitFor(() => lockFolder(folder.path, file), 10_000);
  lock.release();
});
