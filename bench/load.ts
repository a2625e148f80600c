import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** https://github.com/wg/wrk, by default the one in the PATH. */
export const HAS_WRK = spawnSync('wrk', ['--version']).error === undefined;
export const WRK_REMEDY = 'wrk is not installed (Debian: `apt-get install wrk`, macOS: `brew install wrk`)';

const SCRIPT = fileURLToPath(new URL('./load.lua', import.meta.url));

export interface Load {
  /** Where the server listens. */
  readonly url: string;
  /** Paths with queries, asked for one after the other, and then over again. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A file whose bytes are each request's body. */
  readonly body?: string;
  /** The one status that all answers must have. */
  readonly status: number;
}

export interface Loaded {
  /** Answers a second. */
  readonly rate: number;
  readonly requests: number;
  /** Of the times to an answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Printed {
  readonly requests: number;
  readonly microseconds: number;
  readonly unexpected: number;
  readonly status: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Sends requests from another process, each connection the next one when it has its answer.
 * @param scratch a folder for the list of requests.
 * @throws Error where an answer is not the expected one: a rate of refusals says nothing.
 */
export async function load(scratch: string, asked: Load): Promise<Loaded> {
  const { url, paths, connections, seconds, method = 'GET', headers = {}, body, status } = asked;
  const list = join(scratch, `paths-${process.pid}`);
  await writeFile(list, `${paths.join('\n')}\n`);
  const { stdout } = await promisify(execFile)(
    'wrk',
    [
      '--threads',
      '1',
      '--connections',
      String(connections),
      '--duration',
      `${seconds}s`,
      '--timeout',
      '30s',
    ].concat(['--script', SCRIPT, url]),
    {
      env: {
        ...process.env,
        BENCH_METHOD: method,
        BENCH_PATHS: list,
        BENCH_STATUS: String(status),
        BENCH_HEADERS: Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\n'),
        ...(body === undefined ? {} : { BENCH_BODY: body }),
      },
    },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk has not said what it measured:\n${stdout}`);
  const printed = JSON.parse(line) as Printed;
  const { requests, microseconds, unexpected, errors, p50, p99 } = printed;
  const what = `${method} ${url}${paths[0]}`;
  if (unexpected > 0) {
    const said = /^answered: .*$/m.exec(stdout)?.[0];
    throw new Error(`${unexpected} answers to ${what} were ${printed.status} and not ${status}; one ${said}`);
  }
  if (errors > 0) throw new Error(`${errors} requests like ${what} got no answer.`);
  return { rate: requests / (microseconds / 1e6), requests, p50: p50 / 1000, p99: p99 / 1000 };
}
