import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentDigest, documentForTypes } from './client-document.ts';

/** `npm run client:types`: the client's types, from the OpenAPI document of this source. */
const root = fileURLToPath(new URL('..', import.meta.url));
const generator = join(root, 'client/generator');
const target = join(root, 'client/src/api-types.ts');

const folder = await mkdtemp(join(tmpdir(), 'tintype-client-types-'));
try {
  const document = join(folder, 'openapi.json');
  const output = join(folder, 'api-types.ts');
  await writeFile(document, JSON.stringify(documentForTypes()));
  const command = join(generator, 'node_modules/openapi-typescript/bin/cli.js');
  execFileSync(
    process.execPath,
    [command, document, '--output', output, '--root-types', '--root-types-no-schema-prefix'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const head = `// Made by \`npm run client:types\` from the OpenAPI document ${documentDigest()}.\n`;
  await writeFile(target, head + (await readFile(output, 'utf8')));
  process.stdout.write('client/src/api-types.ts\n');
} finally {
  await rm(folder, { recursive: true });
}
