import { Worker } from 'node:worker_threads';
import { DomainError, unavailable } from '../../../domain/errors.ts';
import type { Search, SearchPosition } from '../../../domain/search.ts';
import type { SearchIndex, SearchPage } from '../../../ports/search-index.ts';
import type { SearchAnswer, SearchRequest } from './search-worker.ts';
import { threadEnvironment } from './thread-environment.ts';

/** Most searches that wait for the thread; whoever comes then is to come again. */
const MOST_WAITING = 200;

/**
 * Searches on a thread of its own: what the words of a search have in common may take a while to find out where they
 * are frequent, and neither requests nor writes are to wait for it. The thread is started by the first search, and
 * anew by the next one if it should end.
 */
export class SqliteSearchIndex implements SearchIndex {
  readonly #databasePath: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<SearchPage>>();
  #worker: Worker | undefined;
  #isStopped = false;
  #asked = 0;

  constructor(databasePath: string) {
    this.#databasePath = databasePath;
  }

  find(search: Search, limit: number, after: SearchPosition | null): Promise<SearchPage> {
    // A thread begun now would outlive the folder's lock, and keep the process from ending.
    if (this.#isStopped) return Promise.reject(searchFailure(new Error('The search has been stopped.')));
    if (this.#waiting.size >= MOST_WAITING) {
      const message = 'Too many searches are under way.';
      return Promise.reject(new DomainError('unavailable', message, { retry_after_seconds: 1 }));
    }
    const waiting = Promise.withResolvers<SearchPage>();
    this.#asked += 1;
    this.#waiting.set(this.#asked, waiting);
    this.#worker ??= this.#start();
    const request: SearchRequest = { number: this.#asked, search, limit, after };
    this.#worker.postMessage(request);
    return waiting.promise;
  }

  /** Answers what was asked before, and ends the thread for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('stop');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url), {
      workerData: { databasePath: this.#databasePath },
      env: threadEnvironment(),
    });
    const fail = (cause: unknown) => {
      // Between a thread's error and its exit a search may have started the next one, which answers what it was asked.
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const [number, { reject }] of this.#waiting) {
        this.#waiting.delete(number);
        reject(searchFailure(cause));
      }
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`The searching thread has ended with code ${code}.`)));
    worker.on('message', (answer: SearchAnswer) => {
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      if ('page' in answer) waiting?.resolve(answer.page);
      else waiting?.reject(searchFailure(new Error(answer.failure)));
    });
    return worker;
  }
}

function searchFailure(cause: unknown): DomainError {
  return unavailable('The search cannot do this now.', cause);
}
