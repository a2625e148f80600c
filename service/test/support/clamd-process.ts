import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'vitest';
import { parseClamdAddress } from '../../src/domain/clamd-address.ts';
import { createClamdScanner } from '../../src/drivers/clamd/clamd-scanner.ts';
import { EICAR } from './eicar-images.ts';
import { freePort } from './free-port.ts';

/** Daemons are not always where commands are looked for. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const CLAMD = FOLDERS.map((folder) => join(folder, 'clamd')).find((path) => existsSync(path));

/** Far above what a start takes, also on a busy machine. */
const START_DEADLINE = 20_000;
/** Another process may take the port in the moment between. */
const START_TRIES = 3;

/** What clamd calls the text of EICAR here; it says itself that the signature is not its makers'. */
export const EICAR_SIGNATURE = 'Tintype.Test.Eicar.UNOFFICIAL';

const MIB = 1024 * 1024;
/** More than this clamd does not take... */
export const STREAM_LIMIT = 4 * MIB;
/** ...and it does not look at what has more than this, but says OK. */
export const FILE_LIMIT = 2 * MIB;

export interface ClamdProcess {
  readonly pid: number;
  /** As `CLAMD_ADDRESS` has it: over TCP. */
  readonly tcp: string;
  /** As `CLAMD_ADDRESS` has it: over a Unix socket. */
  readonly socket: string;
  /** SIGKILL: nothing of it is left. */
  stop(): Promise<void>;
}

/** False where there is no clamd to start. */
export const HAS_CLAMD = CLAMD !== undefined;

/** Ends the test as skipped, and says why, where clamd is not installed. */
export function skipWithoutClamd(ctx: TestContext): void {
  if (HAS_CLAMD) return;
  const reason = 'clamd is not installed (Debian has it in clamav-daemon)';
  process.stdout.write(`skipped "${ctx.task.name}": ${reason}\n`);
  ctx.skip(reason);
}

/** Daemons that still run when the tests' own process ends are taken along. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * A clamd of its own on the loopback interface, which knows EICAR and nothing else.
 * @param settings lines of `clamd.conf` beside the usual ones, such as `AlertExceedsMax yes`.
 */
export async function startClamd(settings: readonly string[] = []): Promise<ClamdProcess> {
  for (let left = START_TRIES - 1; ; left--) {
    try {
      return await startOnce(settings);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

async function startOnce(settings: readonly string[]): Promise<ClamdProcess> {
  if (CLAMD === undefined) throw new Error('clamd is not installed.');
  const folder = await mkdtemp(join(tmpdir(), 'tintype-clamd-'));
  const port = await freePort();
  const socket = join(folder, 'clamd.ctl');
  const configuration = await writeConfiguration(folder, [
    'TCPAddr 127.0.0.1',
    `TCPSocket ${port}`,
    `LocalSocket ${socket}`,
    ...settings,
  ]);
  const child = spawn(CLAMD, ['--config-file', configuration], { stdio: ['ignore', 'pipe', 'pipe'] });
  living.add(child);
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const closed = once(child, 'close').then(([code]) => {
    living.delete(child);
    return `clamd ended with ${code}`;
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  const tcp = `127.0.0.1:${port}`;
  const failure = await Promise.race([closed, answers(tcp, child)]);
  if (failure !== undefined) {
    await stop();
    throw new Error(`${failure}.\n${output}`);
  }
  return { pid: child.pid ?? -1, tcp, socket: `unix:${socket}`, stop };
}

async function writeConfiguration(folder: string, settings: readonly string[]): Promise<string> {
  const database = join(folder, 'signatures');
  await mkdir(database);
  // Of files of any type (0), at any place (*).
  const name = EICAR_SIGNATURE.replace('.UNOFFICIAL', '');
  await writeFile(join(database, 'eicar.ndb'), `${name}:0:*:${EICAR.toString('hex')}\n`);
  const path = join(folder, 'clamd.conf');
  const lines = [
    'Foreground yes',
    `DatabaseDirectory ${database}`,
    `TemporaryDirectory ${folder}`,
    `StreamMaxLength ${STREAM_LIMIT}`,
    `MaxFileSize ${FILE_LIMIT}`,
    ...settings,
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** Undefined once clamd answers, or what is the matter. */
async function answers(address: string, child: ChildProcess): Promise<string | undefined> {
  const scanner = createClamdScanner({
    address: parseClamdAddress(address),
    connectMs: 1000,
    progressMs: 1000,
  });
  const deadline = Date.now() + START_DEADLINE;
  while (Date.now() < deadline && child.exitCode === null) {
    const answered = await scanner.check().then(
      () => true,
      () => false, // Not yet: signatures are read before anything is answered.
    );
    if (answered) return undefined;
    await pause(20);
  }
  return `clamd did not answer within ${START_DEADLINE} ms`;
}
