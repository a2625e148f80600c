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
}

/** A file system of its own, in memory; the test is skipped, with the reason, where none may be mounted. */
export async function smallDisk(context: TestContext, options: string): Promise<SmallDisk> {
  if (process.getuid?.() !== 0) skip(context, 'only root may mount a small disk');
  const folder = join(await temporaryFolder(), 'disk');
  await mkdir(folder);
  const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
  const { status, error, stderr } = mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder);
  if (error || status !== 0) skip(context, `no disk can be mounted here: ${error?.message ?? stderr.trim()}`);
  // Its server has been killed by then, or is about to be: the disk goes with the last who uses it.
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', folder]);
  });
  return {
    folder,
    remount(changed) {
      const done = mount('-o', `remount,${changed}`, folder);
      if (done.status !== 0) throw new Error(`Not mounted anew: ${done.stderr}`);
    },
  };
}
