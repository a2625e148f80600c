import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../../service/src/http/openapi.ts';
import { postmanCollection } from './collection.ts';
import type { OpenApi } from './document.ts';
import { SAMPLE_FILE } from './journey.ts';

export const COLLECTION_PATH = 'docs/tintype.postman_collection.json';

const SAMPLE = fileURLToPath(new URL(`../../docs/${SAMPLE_FILE}`, import.meta.url));

/** The text of the file at `COLLECTION_PATH`, as it has to be now. */
export function collectionText(): string {
  const document = openApiDocument('http://127.0.0.1:3000') as OpenApi;
  return `${JSON.stringify(postmanCollection(document, readFileSync(SAMPLE)), undefined, 2)}\n`;
}
