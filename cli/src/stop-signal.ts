import { constants } from 'node:os';

/** Ctrl-C and SIGTERM, as a wish to stop in an orderly way. The second one ends the process at once. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** As shells have it: 128 and the signal's number. */
  exitCode(): number;
  /** From here on signals end the process, as they usually do. */
  forget(): void;
}

export function stopSignal(): StopSignal {
  const stopping = new AbortController();
  let received: 'SIGINT' | 'SIGTERM' = 'SIGINT';
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    forget();
    received = signal;
    stopping.abort(new Error(`Stopped by ${signal}.`));
  };
  const forget = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: stopping.signal, exitCode: () => 128 + constants.signals[received], forget };
}
