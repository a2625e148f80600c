import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, realpathSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, type TestContext } from 'vitest';
import { temporaryFolder } from '../../support/server-process.ts';
import { skip } from './torture.ts';

const SOURCE = fileURLToPath(new URL('short-writes.c', import.meta.url));

/** What comes after the half of a write, as short-writes.c counts them: the rest; a failure of each write to the same file; the end of the process. */
const FATES = ['whole', 'goes on', 'EIO', 'ENOSPC', 'killed'] as const;
export type Fate = Exclude<(typeof FATES)[number], 'whole'>;

/** The integers of `struct control`. */
const CONTROL = ['fate', 'when', 'seen', 'cut', 'cut_of_records', 'failed', 'failing'] as const;

/** How many writes were seen, cut short (to a file of the database among them), and failed after that. */
export interface Counted {
  readonly seen: number;
  readonly cut: number;
  readonly cut_of_records: number;
  readonly failed: number;
}

/** Writes of a server to its folder that the system cuts short, as `write(2)` may. */
export interface ShortWrites {
  /** For the server's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A place for the server's folder: writes below it are cut short. */
  readonly folder: string;
  /** From now on: the write of this number is cut short, from 1; or each, where there is none. Counts begin anew. */
  begin(fate: Fate, when?: number): void;
  /** Writes are whole again. */
  end(): Counted;
}

/** The test is skipped, with the reason, where no library can be built and put before libc. */
export async function shortWrites(context: TestContext): Promise<ShortWrites> {
  if (process.platform !== 'linux') skip(context, 'writes are cut short on Linux only');
  const folder = realpathSync(await temporaryFolder());
  const [library, file] = [join(folder, 'short-writes.so'), join(folder, 'control')];
  const built = spawnSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl'], {
    encoding: 'utf8',
  });
  if (built.error) skip(context, 'there is no C compiler on this machine');
  if (built.status !== 0) throw new Error(`short-writes.c cannot be built: ${built.stderr}`);
  const control = openSync(file, 'w+');
  onTestFinished(() => closeSync(control));
  const set = (fate: (typeof FATES)[number], when: number) =>
    writeSync(control, Int32Array.of(FATES.indexOf(fate), when, 0, 0, 0, 0, -1), 0, 4 * CONTROL.length, 0);
  set('whole', 0);
  return {
    env: { LD_PRELOAD: library, SHORT_WRITES: file, SHORT_WRITES_BELOW: join(folder, 'data') },
    folder: join(folder, 'data'),
    begin: (fate, when = 0) => set(fate, when),
    end() {
      const found = new Int32Array(CONTROL.length);
      readSync(control, found, 0, found.byteLength, 0);
      set('whole', 0);
      const [, , seen = 0, cut = 0, cut_of_records = 0, failed = 0] = found;
      return { seen, cut, cut_of_records, failed };
    },
  };
}
