import type { Log } from '../../ports/log.ts';

export interface Periodic {
  /** Begins no more, and waits for what is under way. */
  stop(): Promise<void>;
}

/**
 * Does something again and again, a pause after each time; the first time after one pause. A failure is
 * logged, and the next time tries anew. It keeps no process alive.
 */
export function periodically(
  pauseMs: number,
  work: () => Promise<unknown>,
  log: Log,
  what: string,
): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const once = async () => {
    try {
      await work();
    } catch (error) {
      log.error({ err: error }, `${what} has failed; it will be tried again`);
    }
    schedule();
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = once();
    }, pauseMs);
    timer.unref();
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
