import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PAGES } from '../infra/src/pages/pages.ts';

/** `npm run pages`: the pages that are made from the code. */
for (const [path, page] of Object.entries(PAGES)) {
  await writeFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), page());
  process.stdout.write(`${path}\n`);
}
