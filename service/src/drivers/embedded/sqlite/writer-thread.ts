import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { unavailable } from '../../../domain/errors.ts';
import { threadEnvironment } from './thread-environment.ts';
import type { WriteOutcome } from './write-batch.ts';
import type { WriteCommand } from './write-command.ts';

export interface WriterThread {
  commit(commands: readonly WriteCommand[]): Promise<readonly WriteOutcome[]>;
  /** True once the thread has ended by itself: what it was doing then may be done or not. */
  readonly hasFailed: boolean;
  /** Closes the thread's connection and ends it. */
  stop(): Promise<void>;
}

/** A thread that has no database yet. */
export interface BegunThread {
  /** @throws DomainError where it cannot open the database. */
  open(databasePath: string): Promise<WriterThread>;
  /** Ends it, where nothing came of it. */
  discard(): Promise<void>;
}

/**
 * The one writing connection, on a thread of its own: a commit waits for the disk, and the event loop
 * must not. One batch at a time. To be begun before there is anything to write: until it can, it loads its code, for a tenth of a second in
 * which another one has other things to do.
 */
export function beginWriterThread(): BegunThread {
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { env: threadEnvironment() });
  let opening: PromiseWithResolvers<void> | undefined;
  let pending: PromiseWithResolvers<readonly WriteOutcome[]> | undefined;
  let ended: unknown;
  const fail = (cause: unknown) => {
    ended ??= cause;
    opening?.reject(ended);
    pending?.reject(unavailable('The image index cannot do this now.', ended));
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The writing thread has ended with code ${code}.`)));
  // Its first message says that it has the database open; a failure to open it fails the start.
  worker.once('message', () => {
    worker.on('message', (outcomes: readonly WriteOutcome[]) => pending?.resolve(outcomes));
    opening?.resolve();
  });
  let stopping = false;
  const thread: WriterThread = {
    get hasFailed() {
      return ended !== undefined && !stopping;
    },
    commit(commands) {
      if (ended) return Promise.reject(unavailable('The image index cannot do this now.', ended));
      pending = Promise.withResolvers();
      worker.postMessage(commands);
      return pending.promise;
    },
    async stop() {
      if (ended) return;
      stopping = true;
      worker.postMessage('stop');
      await once(worker, 'exit');
    },
  };
  return {
    async open(databasePath) {
      if (ended) throw ended;
      opening = Promise.withResolvers();
      worker.postMessage({ databasePath });
      await opening.promise;
      return thread;
    },
    async discard() {
      stopping = true;
      await worker.terminate();
    },
  };
}
