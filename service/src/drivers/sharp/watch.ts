import { processorTime } from './processor-time.ts';
import { memoryProbe } from './resident-memory.ts';

export type Excess = 'time' | 'memory';

export interface WatchLimits {
  /**
   * For one image, from its first byte sent to the last of the answer; waiting for its source is left out, and so is,
   * within limits, waiting for a processor: that a machine is busy is no image's fault.
   */
  readonly timeLimitMs: number;
  /** Resident memory of the process. */
  readonly memoryLimitBytes: number;
}

/**
 * After so many times the limit by the clock it is over without any work, too: what sleeps needs no processor. What it
 * has waited for one does not count: at its low priority that may be long while there are many requests.
 */
const LONGEST_BY_CLOCK = 3;

/** Watches a process while it works on an image, and says once when it goes over a limit. */
export class Watch {
  readonly #onExcess: (excess: Excess) => void;
  readonly #pid: number | undefined;
  readonly #limitMs: number;
  readonly #usedBefore: number | undefined;
  readonly #waitedBefore: number | undefined;
  /** By the clock. */
  #spentMs = 0;
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #probing: NodeJS.Timeout;

  constructor(pid: number | undefined, limits: WatchLimits, onExcess: (excess: Excess) => void) {
    this.#pid = pid;
    this.#limitMs = limits.timeLimitMs;
    this.#usedBefore = this.#told(processorTime.usedMs);
    this.#waitedBefore = this.#told(processorTime.waitedMs);
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
    this.#spentMs += performance.now() - this.#runningSince;
    this.#runningSince = undefined;
  }

  resume(): void {
    if (this.#runningSince !== undefined) return;
    this.#runningSince = performance.now();
    this.#lookAfter(this.#limitMs - this.#spentMs);
  }

  #lookAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#lookAtTime(), Math.max(0, milliseconds));
  }

  #lookAtTime(): void {
    const spent = this.#spentMs + performance.now() - (this.#runningSince ?? performance.now());
    const worked = since(this.#usedBefore, this.#told(processorTime.usedMs)) ?? spent;
    const waited = since(this.#waitedBefore, this.#told(processorTime.waitedMs)) ?? 0;
    // Several threads may have waited at once.
    const slept = spent - Math.min(waited, spent);
    const left = Math.min(this.#limitMs - worked, this.#limitMs * LONGEST_BY_CLOCK - slept);
    if (left > 0) this.#lookAfter(Math.ceil(left));
    else this.#exceeded('time');
  }

  #told(look: (pid: number) => number | undefined): number | undefined {
    return this.#pid === undefined ? undefined : look(this.#pid);
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

function since(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : Math.max(0, now - before);
}
