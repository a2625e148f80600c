import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@tintype/client';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import { onlyWhenLarge } from '../../service/test/support/large.ts';
import { png } from '../../service/test/support/png.ts';
import { ROOT, startServerProcess, temporaryFolder } from '../../service/test/support/server-process.ts';
import { startTintype } from '../../service/test/support/tintype-command.ts';

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

const BIN = join(ROOT, 'node_modules/.bin/tintype');
const LAUNCHER = join(ROOT, 'cli/bin/tintype.mjs');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program with what is written to it, run to its end. */
function ran(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'] ?? '', ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

/** Lets a program run believe that Node is an old one. */
async function oldNode(folder: string): Promise<string> {
  const path = join(folder, 'old-node.mjs');
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
    Object.defineProperty(process, 'execve', { value: undefined });\n`;
  await writeFile(path, code);
  return pathToFileURL(path).href;
}

describe('the command tintype', () => {
  test('is in node_modules/.bin, and what is called is what npm run tintype calls', async () => {
    const { code, stdout, stderr } = await ran(BIN, ['list', '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^tintype list: /);
    expect(await ran(BIN, ['nonsense'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('runs on the Node 24 in node_modules where an older one has called it, and has its exit code', async () => {
    const old = await oldNode(await temporaryFolder());
    const { code, stdout, stderr } = await ran(process.execPath, [
      '--import',
      old,
      LAUNCHER,
      'token',
      '--help',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^tintype token: /);
    expect((await ran(process.execPath, ['--import', old, LAUNCHER, 'token'])).code).toBe(2);
  });

  test('says what to do where there is no Node 24', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'cli/bin'), { recursive: true });
    await mkdir(join(folder, 'scripts'));
    await copyFile(LAUNCHER, join(folder, 'cli/bin/tintype.mjs'));
    await copyFile(join(ROOT, 'scripts/require-node.mjs'), join(folder, 'scripts/require-node.mjs'));
    const args = ['--import', await oldNode(folder), join(folder, 'cli/bin/tintype.mjs'), 'list'];
    const { code, stdout, stderr } = await ran(process.execPath, args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^Tintype needs Node 24 or later; this is Node 20\.20\.2 .*\n`npm ci` installs Node 24/,
    );
  });

  test('ends quietly where whoever was reading has enough', async (context) => {
    onlyWhenLarge(context);
    const server = await startServerProcess();
    const tintype = createClient({ url: server.url });
    // More than a pipe takes at once.
    const uploads = Array.from({ length: 100 }, (_, seed) =>
      tintype.upload(png({ seed }), { user_id: 'a', tags: ['x'.repeat(64)], title: 'y'.repeat(200) }),
    );
    await Promise.all(uploads);
    const script = `{ "$0" list --json --all --url "$1"; echo "code $?" >&2; } | head -n 1`;
    const { code, stdout, stderr } = await ran('sh', ['-c', script, BIN, server.url]);
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([0, 1]);
    // It may have written all before the reader had gone.
    expect(stderr).toMatch(/^code (141|0)\n$/);
  });
});

describe('tintype serve', () => {
  test('serves until it is stopped, on the port and from the folder that options say', async () => {
    const data = join(await temporaryFolder(), 'data');
    const server = startTintype(['serve', '--port', '0', '--data', data], {
      PORT: '1',
      DATA_DIR: '/nowhere',
    });
    const url = await server.printed(/"url":"(http:[^"]+)"/);
    await createClient({ url }).upload(png(), { user_id: 'alice' });
    server.interrupt();
    const { code, stdout, stderr } = await server.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`The data lies in ${data}`);
    expect(stdout).toMatch(/"msg":"stopped"/);
  });

  test('says why it cannot start', async () => {
    const { code, stderr } = await startTintype(['serve', '--port', 'http']).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Tintype could not start\.\n.*PORT/)]);
    expect((await startTintype(['serve', '--data', '']).ended).code).toBe(2);
  });
});

/** Ends the test as skipped, and says why, where no terminal can be made. */
async function skipWithoutScript(ctx: TestContext): Promise<void> {
  try {
    await promisify(execFile)('script', ['--version']);
  } catch {
    const reason = 'a terminal is made by `script` of util-linux, which is not here';
    process.stdout.write(`skipped "${ctx.task.name}": ${reason}\n`);
    ctx.skip(reason);
  }
}

describe('in a terminal', () => {
  const inTerminal = (command: string, input: string) =>
    ran('script', ['-qec', command, '/dev/null'], { TERM: 'xterm', SHELL: '/bin/sh' }, input);

  test('delete asks first, and only a yes is one', async (ctx) => {
    onlyWhenLarge(ctx);
    await skipWithoutScript(ctx);
    const server = await startServerProcess();
    const tintype = createClient({ url: server.url });
    const { image_id } = await tintype.upload(png(), { user_id: 'alice' });
    const command = `${BIN} delete ${image_id} --url ${server.url}`;
    const no = await inTerminal(command, '\n');
    expect([no.code, no.stdout]).toEqual([1, expect.stringContaining(`Delete image ${image_id}? [y/N]`)]);
    expect(await tintype.view(image_id)).toMatchObject({ image_id });
    const yes = await inTerminal(command, 'y\n');
    expect([yes.code, yes.stdout]).toEqual([0, expect.stringContaining(`${image_id} deleted`)]);
    await expect(tintype.view(image_id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('upload shows how far it has come, and leaves nothing of that behind', async (ctx) => {
    onlyWhenLarge(ctx);
    await skipWithoutScript(ctx);
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.png'), png());
    const server = await startServerProcess();
    const { code, stdout } = await inTerminal(`${BIN} upload --user a --url ${server.url} ${folder}`, '');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\[#+\.*\] \d of 1 files/);
    const lines = stdout
      .replaceAll('\r\n', '\n')
      .split('\n')
      .map((line) => line.split('\u001b[K').at(-1));
    expect(lines).toEqual([expect.stringMatching(/^uploaded /), expect.stringMatching(/^1 uploaded/), '']);
  });
});
