import type { Page } from 'playwright-core';

export interface Task {
  /** Milliseconds from its beginning to its end, in which the system may have let others work. */
  readonly wall: number;
  /** Milliseconds of the processor. */
  readonly cpu: number;
}

/** Below this nobody would notice a task. */
const SHORTEST_MS = 50;

/** Of a trace, as far as it is read here. Times are microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Does something, and tells of the page's main thread which tasks of 50 ms or more it had meanwhile. */
export async function traced<Result>(
  page: Page,
  work: () => Promise<Result>,
): Promise<{ result: Result; tasks: Task[] }> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The page is of no browser that can be traced.');
  await browser.startTracing(page, { categories: ['toplevel'] });
  const result = await work();
  const trace = await browser.stopTracing();
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const tasks = traceEvents
    .filter(({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && mains.has(`${pid}.${tid}`))
    .map(({ dur = 0, tdur = 0 }) => ({ wall: dur / 1000, cpu: tdur / 1000 }))
    .filter(({ wall }) => wall >= SHORTEST_MS);
  return { result, tasks };
}
