import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { codeBlocks, codeSpans, readDocument, section, tableRows } from '../docs/markdown.ts';
import { isMade, startExample } from '../support/example-app.ts';
import { EXPRESS } from '../support/example-apps.ts';
import { ROOT } from '../support/server-process.ts';

const GUIDE = readDocument('docs/guides/app-developers.md');
const [tintype = '', app = ''] = codeBlocks(section(GUIDE, 'Try it'), 'sh');

/** What the exports of a block set. */
async function variablesOf(block: string): Promise<Record<string, string>> {
  const exports = block.split('\n').filter((line) => line.startsWith('export '));
  const names = exports.flatMap((line) => [...line.matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name));
  const shown = names.map((name) => `printf '%s\\n' "$${name}"`);
  const { stdout } = await promisify(execFile)('sh', ['-e', '-c', [...exports, ...shown].join('\n')]);
  const values = stdout.trim().split('\n');
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}

test('the settings of the guide make Tintype and the Express app meet', {
  timeout: 120_000,
}, async (context) => {
  if (!isMade(EXPRESS)) {
    const reason = 'npm run test:examples installs the app, and runs this';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  }
  const { PORT, ...shared } = await variablesOf(app);
  const settings = { tintype: await variablesOf(tintype), app: shared };
  expect(settings.tintype['CORS_ORIGINS']).toBe(`http://127.0.0.1:${PORT}`);
  const { app: url } = await startExample(EXPRESS, settings);
  const listed = await fetch(`${url}/api/images`);
  expect(await listed.json()).toEqual({ pictures: [], after: null });
});

test('what else the guide has one type is there', () => {
  const typed = [tintype, app]
    .flatMap((block) => block.trim().split('\n'))
    .filter((line) => !line.startsWith('export '));
  expect(typed).toEqual([
    'npm start',
    'npm run build:client',
    'cd docs/examples/express',
    'npm ci',
    'npm start',
  ]);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'docs/examples/express/package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['start']).toBe(`exec node ${EXPRESS.command.join(' ')}`);
});

test('the codes of errors that the guide speaks of are those of the API, or of the client', () => {
  const known = tableRows(section(readDocument('docs/guides/api.md'), 'Errors')).map(([code = '']) => code);
  const spoken = tableRows(section(GUIDE, 'When it fails')).flatMap(([codes = '']) => codeSpans(codes));
  expect(spoken.length).toBeGreaterThan(8);
  const unknown = spoken.filter((code) => !known.includes(`\`${code}\``));
  expect(unknown).toEqual(['network']);
});
