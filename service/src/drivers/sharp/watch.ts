import { memoryProbe } from './resident-memory.ts';

export type Excess = 'time' | 'memory';

export interface WatchLimits {
  /** For one image, from its first byte sent to the last of the answer; waiting for its source is left out. */
  readonly timeLimitMs: number;
  /** Resident memory of the process. */
  readonly memoryLimitBytes: number;
}

/** Watches a process while it works on an image, and says once when it goes over a limit. */
export class Watch {
  readonly #onExcess: (excess: Excess) => void;
  #leftMs: number;
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #probing: NodeJS.Timeout;

  constructor(pid: number | undefined, limits: WatchLimits, onExcess: (excess: Excess) => void) {
    this.#leftMs = limits.timeLimitMs;
    this.#onExcess = onExcess;
    this.#probing = setInterval(async () => {
      const bytes = pid === undefined ? undefined : await memoryProbe.residentBytes(pid);
      if (bytes !== undefined && bytes > limits.memoryLimitBytes) this.#exceeded('memory');
    }, memoryProbe.everyMs);
    this.resume();
  }

  /** The clock stands while the process waits for something that it is not to blame for. */
  pause(): void {
    if (this.#runningSince === undefined) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#runningSince;
    this.#runningSince = undefined;
  }

  resume(): void {
    if (this.#runningSince !== undefined) return;
    this.#runningSince = performance.now();
    this.#timer = setTimeout(() => this.#exceeded('time'), Math.max(0, this.#leftMs));
  }

  stop(): void {
    this.pause();
    clearInterval(this.#probing);
  }

  #exceeded(excess: Excess): void {
    this.stop();
    this.#onExcess(excess);
  }
}
