import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onlyWhenLarge } from '../support/large.ts';
import {
  launchServerProcess,
  ROOT,
  type ServerOptions,
  type ServerOutput,
  START_ARGUMENTS,
  startServerProcess,
  temporaryFolder,
} from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { listAll, uploadImage } from './calls.ts';

const { bytes } = SMALL_IMAGES['image/jpeg'];

/** What a start that must not succeed leaves behind. */
async function refusedStart(options: ServerOptions): Promise<ServerOutput & { code: number | null }> {
  const launched = await launchServerProcess(options);
  const code = await launched.listening.then(
    (url) => {
      throw new Error(`It listens on ${url}.`);
    },
    () => launched.ended,
  );
  return { code, ...launched.logs() };
}

describe('a start', () => {
  test('says where it listens, where the data lies, who may use it and where the docs are', async () => {
    const dataDir = join(await temporaryFolder(), 'a folder', 'data');
    const server = await startServerProcess({ dataDir });
    const { stdout, stderr } = server.logs();
    expect(stderr).toEqual([]);
    expect(stdout).toHaveLength(1);
    const line = JSON.parse(stdout[0] ?? '') as { msg: string };
    expect(line).toMatchObject({ url: server.url, data: `in ${dataDir}` });
    expect(line.msg).toContain(`listens on ${server.url}`);
    expect(line.msg).toContain(`data lies in ${dataDir}`);
    expect(line.msg).toMatch(/open to everybody on this machine, because it listens on loopback only/);
    expect(line.msg).toContain(`Gallery: ${server.url}/ Docs: ${server.url}/docs`);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${server.url}/docs`)).headers.get('content-type')).toMatch(/^text\/html/);
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  test('with several wrong values names each in a line of its own, and shows no stack', async () => {
    const { code, stdout, stderr } = await refusedStart({ env: { PORT: 'abc', URL_EXPIRES_SECONDS: '0' } });
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toEqual([
      'Tintype could not start.',
      expect.stringMatching(/^PORT must be a whole number\b.*\.$/),
      expect.stringMatching(/^URL_EXPIRES_SECONDS must be a whole number\b.*\.$/),
    ]);
  });

  test('beyond loopback is refused without a word that everybody may do everything, and a public URL', async () => {
    const { code, stdout, stderr } = await refusedStart({ env: { HOST: '0.0.0.0' } });
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toEqual([
      'Tintype could not start.',
      expect.stringMatching(/^HOST is 0\.0\.0\.0, .* ALLOW_ANONYMOUS=true/),
      expect.stringMatching(/^PUBLIC_URL must /),
    ]);
  });

  test('beyond loopback is possible with both, and its URLs are made of the public one', async (context) => {
    onlyWhenLarge(context);
    const env = { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true', PUBLIC_URL: 'https://images.example.com/t/' };
    const server = await startServerProcess({ env });
    expect(server.logs().stdout.join()).toMatch(/open to everybody who can connect.*ALLOW_ANONYMOUS/);
    expect(server.logs().stdout.join()).toContain('Docs: https://images.example.com/t/docs');
    const local = server.url.replace('0.0.0.0', '127.0.0.1');
    const image = await uploadImage(local, 'raw', { bytes, user_id: 'alice' });
    expect(image.url).toMatch(/^https:\/\/images\.example\.com\/t\/objects\/alice\//);
  });

  test('on a folder that another server has is refused, and the other goes on', async (context) => {
    onlyWhenLarge(context);
    const first = await startServerProcess();
    const { code, stdout, stderr } = await refusedStart({ dataDir: first.dataDir });
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toEqual([
      'Tintype could not start.',
      `The data folder ${first.dataDir} is in use by another Tintype server. ` +
        'Stop that one, or give this one a folder of its own with DATA_DIR.',
    ]);
    const image = await uploadImage(first.url, 'json', { bytes, user_id: 'alice' });
    expect((await listAll(first.url)).map(({ image_id }) => image_id)).toEqual([image.image_id]);
    expect(await first.stop()).toBe(0);
    // Once it is free the folder can be had.
    const second = await startServerProcess({ dataDir: first.dataDir });
    expect(await listAll(second.url)).toHaveLength(1);
  });

  test('on a database of a newer release is refused, and says what can be done', async (context) => {
    onlyWhenLarge(context);
    const server = await startServerProcess();
    await uploadImage(server.url, 'raw', { bytes, user_id: 'alice' });
    expect(await server.stop()).toBe(0);
    const known = setSchemaVersion(server.dataDir, 99);
    const { code, stdout, stderr } = await refusedStart({ dataDir: server.dataDir });
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toEqual([
      'Tintype could not start.',
      `The database has schema version 99, this release of Tintype knows versions up to ${known}. ` +
        'It was written by a newer release: start that one, or restore a backup from before the upgrade.',
    ]);
    expect(setSchemaVersion(server.dataDir, known)).toBe(99);
    const again = await startServerProcess({ dataDir: server.dataDir });
    expect(await listAll(again.url)).toHaveLength(1);
  });

  test('on a port that is taken ends with a line that names it, and lets go of the folder', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const dataDir = join(await temporaryFolder(), 'data');
    const { code, stdout, stderr } = await refusedStart({ env: { PORT: String(port) }, dataDir });
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toHaveLength(2);
    expect(stderr[1]).toMatch(new RegExp(`^[^\\n]*address already in use 127\\.0\\.0\\.1:${port}\\..*PORT`));
    const server = await startServerProcess({ dataDir });
    expect(server.logs().stdout).toHaveLength(1);
  });
});

/** Says which version there was. */
function setSchemaVersion(dataDir: string, version: number): number {
  const database = new DatabaseSync(join(dataDir, 'index.db'));
  try {
    const row = database.prepare('PRAGMA user_version').get();
    database.exec(`PRAGMA user_version = ${version}`);
    return Number(row?.['user_version']);
  } finally {
    database.close();
  }
}

describe('on a Node that is too old', () => {
  const FAKED = `data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`,
  )}`;

  test('the start ends with the remedy before anything else happens', async () => {
    const { code, stdout, stderr } = await runNode(process.execPath, ['--import', FAKED, ...START_ARGUMENTS]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expectRemedy(stderr, '20.19.0');
  });

  test('the start ends so on a real one of this machine', async (ctx) => {
    const older = await olderNode();
    if (!older) {
      process.stdout.write(`skipped "${ctx.task.name}": no Node below 24 is in the PATH\n`);
      return ctx.skip('no Node below 24 is in the PATH');
    }
    const { code, stdout, stderr } = await runNode(older.path, START_ARGUMENTS);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expectRemedy(stderr, older.version);
  });
});

function expectRemedy(stderr: string, version: string): void {
  expect(stderr).toContain(`Tintype needs Node 24 or later; this is Node ${version} on `);
  expect(stderr).toContain('Run `npm ci` again without --omit=optional');
  expect(stderr).not.toMatch(/^\s+at /m);
}

async function runNode(node: string, parameters: readonly string[]) {
  const dataDir = await temporaryFolder();
  const env = { PORT: '0', DATA_DIR: dataDir };
  const child = spawn(node, parameters, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [[code], stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** The first Node in the PATH that is older than ours may be, but knows the start's options (20.11). */
async function olderNode(): Promise<{ path: string; version: string } | undefined> {
  const folders = new Set((process.env['PATH'] ?? '').split(delimiter));
  for (const path of [...folders].map((folder) => join(folder, 'node')).filter(existsSync)) {
    const { stdout } = await runNode(path, ['--print', 'process.versions.node']);
    const version = stdout.trim();
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 24 && (major > 20 || (major === 20 && minor >= 11))) return { path, version };
  }
  return undefined;
}
