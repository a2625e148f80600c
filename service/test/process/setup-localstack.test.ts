import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { tableDefinitions } from '../../src/drivers/aws/tables.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/setup_localstack.sh', import.meta.url));
const TABLES = {
  images: 'tintype-images',
  listings: 'tintype-listings',
  ledger: 'tintype-ledger',
  audit: 'tintype-audit',
};

/** Stands in for `aws`: writes down its arguments, and answers as for an account in which `there` exists. */
const standIn = (record: string, there: string) => `#!/bin/sh
printf '%s\\0' "$@" >> '${record}'
printf '\\n' >> '${record}'
case " $* " in
  *" head-bucket "*|*" describe-table "*) ${there} ;;
  *" create-queue "*) echo http://queue.example/jobs ;;
esac
`;

/** LocalStack, as far as its health goes; well only after it has been asked some times. */
async function healthyAfter(asked: number): Promise<string> {
  let times = 0;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/_localstack/health' && ++times > asked ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function runScript(there: 'exit 0' | 'exit 255', url: string, env: Record<string, string> = {}) {
  await using folder = await scratchFolder();
  const record = join(folder.path, 'calls');
  await writeFile(record, '');
  await writeFile(join(folder.path, 'aws'), standIn(record, there));
  await chmod(join(folder.path, 'aws'), 0o755);
  const PATH = [folder.path, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { stdout } = await promisify(execFile)('bash', [SCRIPT], {
    env: { PATH, LOCALSTACK_URL: url, ...env },
  });
  const calls = (await readFile(record, 'utf8')).split('\n').filter((line) => line !== '');
  return { stdout, calls: calls.map((line) => line.split('\0').slice(0, -1)) };
}

beforeEach(async (context) => {
  await promisify(execFile)('curl', ['--version']).catch(() => {
    const reason = 'the script needs curl, and this machine has none';
    process.stdout.write(`skipped: ${reason}\n`);
    context.skip(reason);
  });
});

test('makes bucket, tables and queue once LocalStack is healthy, and prints how to use them', async () => {
  const url = await healthyAfter(1);
  const { stdout, calls } = await runScript('exit 255', url);
  for (const call of calls)
    expect(call.slice(0, 4)).toEqual(['--endpoint-url', url, '--region', 'us-east-1']);
  const made = calls.map((call) => call.slice(4)).filter(([, action]) => action?.startsWith('create-'));
  expect(made).toEqual([
    ['s3api', 'create-bucket', '--bucket', 'tintype-images'],
    ...Object.values(tableDefinitions(TABLES)).map(({ create }) => [
      'dynamodb',
      'create-table',
      '--cli-input-json',
      JSON.stringify(create),
    ]),
    ['sqs', 'create-queue', '--queue-name', 'tintype-jobs', '--query', 'QueueUrl', '--output', 'text'],
  ]);
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining([
      'STORAGE=aws',
      `AWS_ENDPOINT_URL=${url}`,
      'IMAGES_BUCKET=tintype-images',
      'JOBS_QUEUE_URL=http://queue.example/jobs',
    ]),
  );
});

test('leaves what is there already as it is', async () => {
  const { calls } = await runScript('exit 0', await healthyAfter(0));
  const actions = calls.map((call) => call[5]);
  expect(actions.filter((action) => action?.startsWith('create-'))).toEqual(['create-queue']);
});

test('says so when LocalStack does not answer', async () => {
  const url = await healthyAfter(1000);
  await expect(runScript('exit 0', url, { WAIT_SECONDS: '0' })).rejects.toMatchObject({
    code: 1,
    stderr: `LocalStack does not answer at ${url} after 0 s. Start it first, or say where it is with LOCALSTACK_URL.\n`,
  });
});
