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

/**
 * The one writing connection, on a thread of its own: a commit waits for the disk, and the event loop
 * must not. One batch at a time.
 */
export async function startWriterThread(databasePath: string): Promise<WriterThread> {
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), {
    workerData: { databasePath },
    env: threadEnvironment(),
  });
  let pending: PromiseWithResolvers<readonly WriteOutcome[]> | undefined;
  let ended: unknown;
  const fail = (cause: unknown) => {
    ended ??= cause;
    pending?.reject(unavailable('The image index cannot do this now.', ended));
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The writing thread has ended with code ${code}.`)));
  // Its first message says that it has the database open; a failure to open it fails the start.
  await once(worker, 'message');
  worker.on('message', (outcomes: readonly WriteOutcome[]) => pending?.resolve(outcomes));
  let stopping = false;
  return {
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
}
