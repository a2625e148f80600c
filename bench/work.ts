import type { Result } from './report.ts';

export interface BenchPlace {
  /** An empty folder on the disk that is measured; it is removed afterwards. */
  readonly scratch: string;
  /** Prints a line: why something is not measured, and what else is worth knowing. */
  readonly say: (line: string) => void;
  /** How long one round takes, where it is a matter of time. */
  readonly seconds: number;
  /** How many rounds count. */
  readonly rounds: number;
}

/** One kind of work: sets up what it needs, yields its comparisons, and ends what it started. */
export type Bench = (place: BenchPlace) => AsyncIterable<Result>;

/** By the names that `npm run bench -- NAME` takes, in the order in which they run. */
export const WORKS: Readonly<Record<string, () => Promise<Bench>>> = {
  upload: async () => (await import('./work/upload.ts')).uploadBench,
  view: async () => (await import('./work/view.ts')).viewBench,
  list: async () => (await import('./work/list.ts')).listBench,
  search: async () => (await import('./work/search.ts')).searchBench,
  download: async () => (await import('./work/download.ts')).downloadBench,
  delete: async () => (await import('./work/delete.ts')).deleteBench,
  startup: async () => (await import('./work/startup.ts')).startupBench,
  memory: async () => (await import('./work/memory.ts')).memoryBench,
  render: async () => (await import('./work/render.ts')).renderBench,
  lambda: async () => (await import('./work/lambda.ts')).lambdaBench,
};
