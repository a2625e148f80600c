import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { LARGE } from './large.ts';

/** Where Linux keeps files in memory. */
const IN_MEMORY = '/dev/shm';

/** Far more than tests have there at the same time. Containers often get 64 MB. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * Where tests make their folders, data folders of homes among them: in memory where there is room, because there
 * the thousands of commits of a run wait for no disk. The large run is on the disk, and so is whoever names one in
 * `TMPDIR`.
 */
export function scratchPlace(): string {
  if (LARGE || process.env['TMPDIR'] || !existsSync(IN_MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ENOUGH_BYTES ? IN_MEMORY : tmpdir();
}
