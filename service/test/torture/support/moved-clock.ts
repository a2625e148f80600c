import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { temporaryFolder } from '../../support/server-process.ts';
import { skip } from './torture.ts';

/** The clock of processes that are started with its environment; all other clocks stay as they are. */
export interface MovedClock {
  readonly env: Readonly<Record<string, string>>;
  /** What it says now, in milliseconds since 1970. */
  now(): number;
  /** Moves it, for processes that run already too: so far from the true time. */
  move(milliseconds: number): void;
}

/** The test is skipped, with the reason, where there is no faketime. */
export async function movedClock(context: TestContext): Promise<MovedClock> {
  // With several threads, and a file that says what time it is: the command says which library does that.
  const { error, stdout } = spawnSync('faketime', ['-m', '-f', '+0', 'env'], { encoding: 'utf8' });
  if (error) skip(context, 'there is no faketime on this machine');
  const [, library] = /^LD_PRELOAD=(.+)$/m.exec(stdout) ?? [];
  if (library === undefined) skip(context, 'the faketime of this machine does not say what its library is');
  const file = join(await temporaryFolder(), 'clock');
  let offset = 0;
  const move = (milliseconds: number) => {
    offset = milliseconds;
    writeFileSync(`${file}.new`, `${milliseconds < 0 ? '-' : '+'}${Math.abs(milliseconds) / 1000}\n`);
    // Whoever looks at it in between sees one of the two.
    renameSync(`${file}.new`, file);
  };
  move(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Nobody sets the clock that only tells how much time passes.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    now: () => Date.now() + offset,
    move,
  };
}
