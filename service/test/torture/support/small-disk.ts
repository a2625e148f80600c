import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryFolder } from '../../support/server-process.ts';
import { skip } from './torture.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Makes it anything else, such as larger. */
  remount(options: string): void;
  /**
   * Makes all that lies there read-only, once: for all that is opened from then on. What is open for writing goes on, and
   * keeps the disk itself from it (EBUSY): so its folder is bound over itself, and that is mounted anew.
   * @returns what makes it writable again.
   */
  turnReadOnly(): () => void;
}

/** A file system of its own, in memory; the test is skipped, with the reason, where none may be mounted. */
export async function smallDisk(context: TestContext, options: string): Promise<SmallDisk> {
  if (process.getuid?.() !== 0) skip(context, 'only root may mount a small disk');
  const folder = join(await temporaryFolder(), 'disk');
  await mkdir(folder);
  const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
  const { status, error, stderr } = mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder);
  if (error || status !== 0) skip(context, `no disk can be mounted here: ${error?.message ?? stderr.trim()}`);
  let bound = 0;
  // Its server has been killed by then, or is about to be: the disk goes with the last who uses it.
  onTestFinished(() => {
    for (let mounted = 1 + bound; mounted > 0; mounted--) spawnSync('umount', ['--lazy', folder]);
  });
  const must = (...args: string[]) => {
    const done = mount(...args);
    if (done.status !== 0) throw new Error(`Not mounted anew: ${done.stderr}`);
  };
  return {
    folder,
    remount: (changed) => must('-o', `remount,${changed}`, folder),
    turnReadOnly() {
      must('--bind', folder, folder);
      bound++;
      must('-o', 'remount,bind,ro', folder);
      return () => must('-o', 'remount,bind,rw', folder);
    },
  };
}
