import { readdir, readFile } from 'node:fs/promises';

/** What a process and those that it has started take, in megabytes. */
export interface TreeMemory {
  /** Resident, of the process alone. */
  readonly own: number;
  /** Resident, of all of them, summed up: what several share counts several times. */
  readonly all: number;
  readonly processes: number;
}

/** Whether this system tells (Linux). */
export const TELLS_MEMORY = process.platform === 'linux';

export async function treeMemory(pid: number): Promise<TreeMemory> {
  const parents = await parentsOfAll();
  const tree = [pid];
  for (let at = 0; at < tree.length; at++) {
    for (const [child, parent] of parents) if (parent === tree[at]) tree.push(child);
  }
  const sizes = await Promise.all(tree.map(residentOf));
  return { own: sizes[0] ?? 0, all: sizes.reduce((sum, size) => sum + size, 0), processes: tree.length };
}

/** Stops the processes that a process has started, or lets them go on: what they do is not what is measured. */
export async function signalChildren(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  if (!TELLS_MEMORY) return;
  for (const [child, parent] of await parentsOfAll()) if (parent === pid) process.kill(child, signal);
}

async function parentsOfAll(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // After the name, which may have anything in it, in brackets: the state, and the parent.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return [pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)] as const;
    }),
  );
  return new Map(found);
}

/** 0 for a process that has ended meanwhile. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
