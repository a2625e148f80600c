import { parentPort, workerData } from 'node:worker_threads';
import type { Search, SearchPosition } from '../../../domain/search.ts';
import type { SearchPage } from '../../../ports/search-index.ts';
import { connect } from './connection.ts';
import { SearchReader } from './search-reader.ts';

export interface SearchRequest {
  readonly number: number;
  readonly search: Search;
  readonly limit: number;
  readonly after: SearchPosition | null;
}

export type SearchAnswer = { readonly number: number } & (
  | { readonly page: SearchPage }
  | { readonly failure: string }
);

/** Runs in the thread that sqlite-search-index.ts starts: answers one search after another. */
const database = connect((workerData as { databasePath: string }).databasePath);
const reader = new SearchReader(database);

parentPort?.on('message', (message: SearchRequest | 'stop') => {
  if (message === 'stop') {
    database.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(answerTo(message));
});

function answerTo({ number, search, limit, after }: SearchRequest): SearchAnswer {
  try {
    return { number, page: reader.find(search, limit, after) };
  } catch (error) {
    return { number, failure: String(error) };
  }
}
