import { spawnSync } from 'node:child_process';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryFolder } from '../../support/server-process.ts';
import { skip } from './torture.ts';

const SIZE = 64 * 1024 * 1024;

export interface BreakingDisk {
  readonly folder: string;
  /** As when the kernel has met a damaged block: from now on it may only be read, also by who has files open. */
  turnReadOnly(): Promise<void>;
  /** Takes it off, which nobody may be using any more, looks through it as a start of the machine does, and mounts it anew. */
  repair(): void;
}

/** A file system in a file, which turns read-only at an error; the test is skipped, with the reason, where there can be none. */
export async function breakingDisk(context: TestContext): Promise<BreakingDisk> {
  if (process.getuid?.() !== 0) skip(context, 'only root may mount a disk that breaks');
  const place = await temporaryFolder();
  const [image, folder] = [join(place, 'image'), join(place, 'disk')];
  await mkdir(folder);
  const file = await open(image, 'w');
  await file.truncate(SIZE);
  await file.close();
  const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });
  const may = (command: string, ...args: string[]) => {
    const { error, status, stderr } = run(command, ...args);
    if (error || status !== 0) skip(context, `no disk can break here: ${error?.message ?? stderr.trim()}`);
  };
  const mountIt = ['-o', 'loop,errors=remount-ro', image, folder];
  may('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0', image);
  may('mount', ...mountIt);
  // Its server has been killed by then, or is about to be: the disk goes with the last who uses it.
  onTestFinished(() => {
    run('umount', '--lazy', folder);
  });
  const device = async () => {
    const line = (await readFile('/proc/mounts', 'utf8')).split('\n').find((each) => each.includes(folder));
    return { name: basename(line?.split(' ')[0] ?? ''), options: line?.split(' ')[3] ?? '' };
  };
  const error = async () => `/sys/fs/ext4/${(await device()).name}/trigger_fs_error`;
  if (run('test', '-w', await error()).status !== 0)
    skip(context, 'the kernel lets nobody make an error of ext4');
  return {
    folder,
    async turnReadOnly() {
      await writeFile(await error(), 'for a test\n');
      const { options } = await device();
      if (!/(^|,)(ro|emergency_ro)(,|$)/.test(options)) throw new Error(`It has not turned: ${options}`);
    },
    repair() {
      const must = (wanted: readonly number[], command: string, ...args: string[]) => {
        const { status, stderr } = run(command, ...args);
        if (status === null || !wanted.includes(status)) throw new Error(`${command}: ${status} ${stderr}`);
      };
      must([0], 'umount', folder);
      // 1: it has found the error, and mended it.
      must([0, 1], 'e2fsck', '-p', image);
      must([0], 'mount', ...mountIt);
    },
  };
}
