import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second of what Linux counts for programs, on every machine (`USER_HZ`, see time(7)). */
const TICKS = 100;

/** Fields of `/proc/PID/stat`, counted from behind the name, which may hold anything (proc_pid_stat(5)). */
const [UTIME, STIME] = [11, 12];

/** How the time is looked up that a process has had a processor, and has waited for one, all its threads together. */
export interface ProcessorTime {
  /** Milliseconds; undefined where it cannot be told. */
  readonly usedMs: (pid: number) => number | undefined;
  /** Milliseconds in which its threads could have run and others did; undefined where it cannot be told. */
  readonly waitedMs: (pid: number) => number | undefined;
}

export const processorTime: ProcessorTime =
  process.platform === 'linux'
    ? { usedMs: fromStat, waitedMs: fromSchedstat }
    : { usedMs: () => undefined, waitedMs: () => undefined };

function fromStat(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[UTIME]) + Number(fields[STIME])) * 1000) / TICKS;
  } catch {
    return undefined;
  }
}

/** The second figure of `schedstat` is the nanoseconds that a thread was in the queue of a processor. */
function fromSchedstat(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const figures = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
      return sum + Number(figures[1]) / 1e6;
    }, 0);
  } catch {
    // Kernels may be built without it; and the process, or a thread of it, may just have ended.
    return undefined;
  }
}
