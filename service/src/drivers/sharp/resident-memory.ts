import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How the memory of another process is looked up on this machine, and how often that may be done. */
export interface MemoryProbe {
  readonly everyMs: number;
  /** Bytes; undefined when the process is not there any more. */
  readonly residentBytes: (pid: number) => Promise<number | undefined> | number | undefined;
}

/**
 * Linux tells by a file, in some 20 microseconds; it is read from `status`, in kilobytes, since `statm` counts
 * in pages, whose size Node does not know. Elsewhere `ps` is asked, a process each time and so more seldom:
 * there what is allocated within half a second can go over a limit unseen.
 */
export const memoryProbe: MemoryProbe =
  process.platform === 'linux'
    ? { everyMs: 25, residentBytes: fromProc }
    : { everyMs: 500, residentBytes: fromPs };

function fromProc(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** The same from `ps`, as POSIX has it with the column `rss` that all systems add. */
export function fromPs(pid: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, stdout) => {
      const kilobytes = Number.parseInt(stdout, 10);
      resolve(error !== null || Number.isNaN(kilobytes) ? undefined : kilobytes * 1024);
    });
  });
}
