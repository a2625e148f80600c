import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { COLLECTION_PATH, collectionText } from './collection/text.ts';

/** `npm run collection`: the Postman collection, from the OpenAPI document. */
await writeFile(fileURLToPath(new URL(`../${COLLECTION_PATH}`, import.meta.url)), collectionText());
process.stdout.write(`${COLLECTION_PATH}\n`);
