import { readFileSync } from 'node:fs';

/** Ticks a second of what Linux counts for programs, on every machine (`USER_HZ`, see time(7)). */
const TICKS = 100;

/** Fields of `/proc/PID/stat`, counted from behind the name, which may hold anything (proc_pid_stat(5)). */
const [UTIME, STIME] = [11, 12];

/** How the time is looked up that a process has had a processor, all its threads together. */
export interface ProcessorTime {
  /** Milliseconds; undefined where it cannot be told. */
  readonly usedMs: (pid: number) => number | undefined;
}

export const processorTime: ProcessorTime = {
  usedMs: process.platform === 'linux' ? fromStat : () => undefined,
};

function fromStat(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[UTIME]) + Number(fields[STIME])) * 1000) / TICKS;
  } catch {
    return undefined;
  }
}
