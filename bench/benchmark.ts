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
  upload: async () => (await import('./benchmarks/upload.ts')).uploadBench,
  view: async () => (await import('./benchmarks/view.ts')).viewBench,
  list: async () => (await import('./benchmarks/list.ts')).listBench,
  search: async () => (await import('./benchmarks/search.ts')).searchBench,
  download: async () => (await import('./benchmarks/download.ts')).downloadBench,
  delete: async () => (await import('./benchmarks/delete.ts')).deleteBench,
  startup: async () => (await import('./benchmarks/startup.ts')).startupBench,
  memory: async () => (await import('./benchmarks/memory.ts')).memoryBench,
  render: async () => (await import('./benchmarks/render.ts')).renderBench,
  lambda: async () => (await import('./benchmarks/lambda.ts')).lambdaBench,
};
