import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COLLECTION_PATH } from '../../../scripts/collection/text.ts';
import { ROOT, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { JWT_ENVIRONMENT, tokenFor } from '../support/shared-secret.ts';

const NEWMAN = join(import.meta.dirname, 'newman/node_modules/newman/bin/newman.js');

/** newman is a package apart: `npm ci` at the root does not install it. */
if (existsSync(NEWMAN)) {
  describe('the Postman collection, run by newman from top to bottom', { timeout: 240_000 }, runs);
} else {
  test('the Postman collection, run by newman', (context) => {
    const reason = 'npm run test:collection installs newman and runs it';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}

interface Execution {
  readonly item: { readonly name: string };
  readonly response?: { readonly code: number };
  readonly assertions?: readonly {
    readonly assertion: string;
    readonly error?: { readonly message: string };
  }[];
}

/** What came of each request; rejects, with what newman printed, where a test of the collection failed. */
async function runCollection(variables: Readonly<Record<string, string>>): Promise<readonly Execution[]> {
  const report = join(await temporaryFolder(), 'report.json');
  const given = Object.entries(variables).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]);
  const output = ['--reporters', 'cli,json', '--reporter-json-export', report, '--color', 'off'];
  const args = [NEWMAN, 'run', COLLECTION_PATH, '--working-dir', 'docs', ...given, ...output];
  const { PATH = '', HOME = '' } = process.env;
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { PATH, HOME } }).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`newman found failures.\n${stdout}\n${stderr}`);
    },
  );
  const { run } = JSON.parse(await readFile(report, 'utf8')) as { run: { executions: readonly Execution[] } };
  return run.executions;
}

const answersOf = (executions: readonly Execution[]) =>
  Object.fromEntries(executions.map(({ item, response }) => [item.name, response?.code]));

/** How many tests of the collection held; each request has one at least, but those that were sent again. */
function expectTested(executions: readonly Execution[]): void {
  const tested = new Map<string, number>();
  for (const { item, assertions = [] } of executions) {
    tested.set(item.name, (tested.get(item.name) ?? 0) + assertions.length);
  }
  expect(tested.size).toBeGreaterThan(30);
  expect([...tested].filter(([, count]) => count === 0)).toEqual([]);
}

/** An address that takes messages. */
async function startReceiver(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return `http://127.0.0.1:${address.port}/`;
}

function runs(): void {
  test('every request is answered as it says by a fresh server as it comes', async () => {
    const { url } = await startServerProcess();
    const executions = await runCollection({ baseUrl: url });
    expectTested(executions);
    // What is not switched on, as the collection knows.
    const answers = answersOf(executions);
    expect(answers['Make a webhook']).toBe(501);
    expect(answers['Restore an image from the trash']).toBe(404);
    expect(answers['Search images']).toBe(200);
  });

  test('every request succeeds where all is switched on and callers need a token', async () => {
    const env = { ...JWT_ENVIRONMENT, WEBHOOKS: 'internal', TRASH_DAYS: '1' };
    const { url } = await startServerProcess({ env });
    const token = await tokenFor('alice', ['images:admin']);
    const executions = await runCollection({ baseUrl: url, token, webhook_url: await startReceiver() });
    expectTested(executions);
    const refused = Object.entries(answersOf(executions)).filter(
      ([, code]) => code === undefined || code >= 400,
    );
    expect(refused).toEqual([]);
    await expect(runCollection({ baseUrl: url, token: 'not-one' })).rejects.toThrow(/answers 201/);
  });
}
