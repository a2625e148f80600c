import { readdir, readFile } from 'node:fs/promises';

/** What a process and those that it has started take, in megabytes. */
export interface TreeMemory {
  /** Resident, of the process alone. */
  readonly own: number;
  /** Resident, of all of them: what is each one's own, and once the files that all have open, which is Node itself. */
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
  const files = Math.max(...sizes.map((size) => size.files));
  const all = sizes.reduce((sum, size) => sum + size.own, files);
  return { own: (sizes[0]?.own ?? 0) + (sizes[0]?.files ?? 0), all, processes: tree.length };
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

/** In megabytes, what is a process's own and what is of files, such as its program; nothing of one that has ended meanwhile. */
async function residentOf(pid: number): Promise<{ own: number; files: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const said = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { own: said('RssAnon') + said('RssShmem'), files: said('RssFile') };
}
