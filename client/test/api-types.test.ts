import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentDigest } from '../../scripts/client-document.ts';
import { ROOT } from '../../service/test/support/server-process.ts';

test('the types are those of the OpenAPI document as it is now', async () => {
  const types = await readFile(join(ROOT, 'client/src/api-types.ts'), 'utf8');
  const remedy = 'The OpenAPI document has changed since the types were made: run `npm run client:types`.';
  expect(types.split('\n', 1)[0], remedy).toContain(documentDigest());
});
