import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { OPERATIONS } from '../../../src/operations/manifest.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../../../scripts/setup_localstack.sh', import.meta.url));
const STAND_IN = fileURLToPath(new URL('./aws', import.meta.url));

/** `there`: the account has everything already. */
export interface StandIn {
  readonly there: boolean;
  readonly url: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The script's output, and what it called the AWS CLI with, the arguments that every call has left out. */
export interface Run {
  readonly stdout: string;
  readonly calls: readonly (readonly string[])[];
}

/** Runs the script over the stand-in for `aws`. */
export async function runOverStandIn({ there, url, args = [], env = {} }: StandIn): Promise<Run> {
  await using folder = await scratchFolder();
  const record = join(folder.path, 'calls');
  const state = join(folder.path, 'state');
  await mkdir(state);
  await writeFile(record, '');
  await copyFile(STAND_IN, join(folder.path, 'aws'));
  await chmod(join(folder.path, 'aws'), 0o755);
  const { stdout } = await runScript(args, {
    PATH: [folder.path, dirname(process.execPath), process.env['PATH']].join(delimiter),
    STAND_IN_RECORD: record,
    STAND_IN_STATE: state,
    STAND_IN_THERE: there ? 'yes' : 'no',
    STAND_IN_POLICY: JSON.stringify({ Statement: routes().map(({ statement: Sid }) => ({ Sid })) }),
    LOCALSTACK_URL: url,
    ...env,
  });
  const calls = (await readFile(record, 'utf8')).split('\n').filter((line) => line !== '');
  return { stdout, calls: calls.map((line) => line.split('\0').slice(0, -1)) };
}

/** Runs the script with an environment of its own; rejects with its code and what it printed. */
export function runScript(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  return promisify(execFile)('bash', [SCRIPT, ...args], { env });
}

/** Every way into the API, with the names that the script gives to what it makes for it. */
export function routes() {
  return OPERATIONS.flatMap(({ name, method, path, aliases }) =>
    [path, ...aliases].map((each) => ({
      operation: name,
      method,
      path: each,
      resource: `root${each.replaceAll('/', '.')}`,
      statement: `${method}${each.replaceAll(/[^A-Za-z0-9]+/g, '-')}`.replace(/-$/, ''),
    })),
  );
}

/** LocalStack, as far as its health goes; well only after it has been asked some times. */
export async function healthyAfter(asked: number): Promise<string> {
  let times = 0;
  return listen((request, response) => {
    response.writeHead(request.url === '/_localstack/health' && ++times > asked ? 200 : 503).end();
  });
}

interface Engine {
  readonly endpoint: string;
}

/** The emulators behind one address, as LocalStack's services are. */
export function behindOneAddress({
  dynamodb,
  s3,
}: Readonly<Record<'dynamodb' | 's3', Engine>>): Promise<string> {
  return listen((request, response) => {
    if (request.url === '/_localstack/health') {
      response.end();
      return;
    }
    const forDynamoDb = String(request.headers['x-amz-target'] ?? '').startsWith('DynamoDB_');
    const { hostname, port } = new URL(forDynamoDb ? dynamodb.endpoint : s3.endpoint);
    // The headers go on as they are: the host is part of what was signed.
    const { method, url: path, headers } = request;
    const onwards = send({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.destroy());
    request.pipe(onwards);
  });
}

async function listen(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer({}, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
