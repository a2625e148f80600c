import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { decoderProgram, isRunning } from '../../../test/support/decoder-program.ts';
import { sourceImage } from '../../../test/support/made-images.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { decoderArguments } from './decoder-arguments.ts';
import { DecoderPool } from './decoder-pool.ts';

const REAL_PROGRAM = fileURLToPath(new URL('./decoder-child.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Tries what a decoder that is taken over would try, in the words of its one image, and says how that went. */
const PROBE = `
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
const environment = { ...process.env };
const WAYS = {
  read: (path) => readFileSync(path).length,
  list: (path) => readdirSync(path).length,
  'read parent': () => readFileSync('/proc/' + process.ppid + '/environ').length,
  write: (path) => writeFileSync(path, 'was here'),
  link: (path) => symlinkSync('/etc/passwd', path),
  spawn: (path) => execFileSync(path, ['-e', '']),
  thread: () => new Worker('', { eval: true }),
  inspect: async () => (await import('node:inspector')).open(0),
  connect: (port) => new Promise((resolve, reject) =>
    connect(Number(port), '127.0.0.1').on('connect', resolve).on('error', reject)),
};
let got = Buffer.alloc(0);
process.stdin.on('data', async (chunk) => {
  got = Buffer.concat([got, chunk]);
  const start = got.length < 4 ? Infinity : 4 + got.readUInt32BE();
  if (got.length < start) return;
  const image = got.subarray(start);
  if (image.length < JSON.parse(got.subarray(4, start).toString()).size_bytes) return;
  got = Buffer.alloc(0);
  const outcomes = [];
  for (const [way, path] of JSON.parse(image.toString())) {
    try {
      outcomes.push(String(await WAYS[way](path)));
    } catch (error) {
      outcomes.push(error.code);
    }
  }
  const json = Buffer.from(JSON.stringify({ environment, cwd: process.cwd(), outcomes }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  process.stdout.write(Buffer.concat([length, json]));
});
`;

interface Findings {
  readonly environment: object;
  readonly cwd: string;
  readonly outcomes: string[];
}

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let pool: DecoderPool;
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await scratchFolder();
  const program = await decoderProgram(folder.path, PROBE, 'probe.mjs');
  const patience = { timeLimitMs: 30_000, memoryLimitBytes: 1024 ** 3, idleMs: 60_000 };
  pool = new DecoderPool({ program, size: 1, queueLimit: 10, jobsPerDecoder: 100, ...patience });
  await mkdir(at('data'));
  for (const name of ['data/image.jpg', '.env', 'signing-secret']) await writeFile(at(name), 'secret');
});
afterAll(async () => {
  await pool.close();
  await folder[Symbol.asyncDispose]();
});

function attempt(...tries: readonly (readonly [way: string, path?: string])[]): Promise<Findings> {
  const source = sourceImage(Buffer.from(JSON.stringify(tries)), 'image/png');
  const { content_type, size_bytes } = source;
  const limits = { maxPixels: 1, maxFrames: 1, maxAnimationPixels: 1 };
  return pool.run({
    source,
    request: { job: 'develop', format: 'webp', content_type, size_bytes, limits },
    rules: { maxHeaderBytes: 10_000, readHeader: (json) => json as Findings, bodyLength: () => 0 },
    accept: ({ header }) => header,
  });
}

const denied = (count: number) => Array(count).fill('ERR_ACCESS_DENIED');

describe('a decoder', () => {
  test('has nothing in its environment but how memory is handed out, and is nowhere in particular', async () => {
    process.env['TINTYPE_TEST_SECRET'] = 'of the parent';
    const { environment, cwd } = await attempt();
    expect({ environment, cwd }).toEqual({ environment: { MALLOC_ARENA_MAX: '1' }, cwd: '/' });
  });

  test('can read its own program, and no secret of its parent or of the machine', async () => {
    const { outcomes } = await attempt(
      ['read', at('probe.mjs')],
      ['read', '/etc/passwd'],
      ['read', '/proc/self/environ'],
      ['read parent'],
      ['read', at('.env')],
      ['read', at('signing-secret')],
      ['read', at('data/image.jpg')],
      ['read', join(ROOT, 'package.json')],
      ['list', folder.path],
      ['list', '/'],
    );
    expect(outcomes).toEqual([String(PROBE.length), ...denied(9)]);
  });

  test('can neither write nor start anything', async () => {
    const { outcomes } = await attempt(
      ['write', at('data/new')],
      ['write', at('probe.mjs')],
      ['link', at('link')],
      ['spawn', process.execPath],
      ['thread'],
      ['inspect'],
    );
    expect(outcomes).toEqual(denied(6));
    expect(await readFile(at('probe.mjs'), 'utf8')).toBe(PROBE);
  });

  test('cannot reach the network', async (context) => {
    if (!process.allowedNodeEnvironmentFlags.has('--allow-net')) {
      const reason = `the permissions of Node ${process.version} know nothing of the network`;
      process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
      context.skip(reason);
    }
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { outcomes } = await attempt(['connect', port]);
    server.close();
    expect(outcomes).toEqual(denied(1));
  });

  test('as it is used, may read its code and its libraries and nothing else', () => {
    const granted = decoderArguments(REAL_PROGRAM).filter((argument) => argument.startsWith('--allow'));
    const own = ['service/src/drivers/sharp/', 'service/src/domain/', 'service/package.json'];
    const expected = ['--allow-addons', ...own.map((path) => `--allow-fs-read=${join(ROOT, path)}`)];
    expect(granted.slice(0, expected.length)).toEqual(expected);
    const libraries = granted
      .slice(expected.length)
      .map((argument) => argument.replace('--allow-fs-read=', ''));
    expect(libraries).toContain(join(ROOT, 'node_modules/sharp/'));
    const packages = join(ROOT, 'node_modules/');
    expect(libraries.filter((path) => !path.startsWith(packages) || path === packages)).toEqual([]);
  });
});

describe('a decoder and its parent', () => {
  /** A process that uses a pool, and what it says of its decoders. */
  async function parentProcess(image: string, after: string) {
    const program = await decoderProgram(folder.path);
    const script = at(`parent-${image}.mjs`);
    const poolUrl = new URL('./decoder-pool.ts', import.meta.url).href;
    await writeFile(
      script,
      `import { DecoderPool } from ${JSON.stringify(poolUrl)};
      const pool = new DecoderPool({ program: ${JSON.stringify(program)}, size: 1, queueLimit: 1, jobsPerDecoder: 9,
        idleMs: 600_000, timeLimitMs: 600_000, memoryLimitBytes: 2 ** 33 });
      const bytes = Buffer.from(${JSON.stringify(image)});
      const request = { size_bytes: bytes.length };
      const source = { async *stream() { yield bytes; process.stdout.write(String(pool.pids)); } };
      const rules = { maxHeaderBytes: 999, readHeader: (json) => json, bodyLength: ({ size_bytes }) => size_bytes };
      await pool.run({ request, source, rules, accept: (frame) => frame });
      ${after}`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(parent, 'exit');
    const [said] = await once(parent.stdout, 'data');
    const pid = Number(String(said));
    expect(pid).toBeGreaterThan(1);
    return { parent, ended, pid };
  }

  const gone = (pid: number) => vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000 });

  test('an image under way keeps the parent alive, a decoder at rest does not, and ends with it', async () => {
    const { ended, pid } = await parentProcess('image', '');
    expect((await ended)[0]).toBe(0);
    await gone(pid);
  });

  test('a parent that is killed takes its decoder with it', async () => {
    const { parent, ended, pid } = await parentProcess('hang', '');
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await ended;
    await gone(pid);
  });
});
