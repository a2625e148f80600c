import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { readServerConfig } from '../../src/config/server.ts';
import { type RunningServer, startServer } from '../../src/entry/server.ts';
import type { Log } from '../../src/ports/log.ts';
import { expectList } from './answers.ts';
import { watchLeaks } from './leaks.ts';
import { silentLog } from './silent-log.ts';

/** The real server in this process, listening on a port of the loopback interface. */
export interface TestServer {
  readonly url: string;
  /** Files below the data folder that hold, or have begun to hold, an image. */
  files(): Promise<string[]>;
  /** How many images are listed. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** What differs from a server of an empty environment. */
export interface TestServerOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export async function openServer(
  dataDir: string,
  { variables = {}, log = silentLog }: TestServerOptions = {},
): Promise<TestServer> {
  if (process.env['TINTYPE_TEST_SHARED'] !== undefined) {
    throw new Error(
      "A server puts a Response of its own in place of Node's: list this file among those of vitest.config.ts that have a worker alone.",
    );
  }
  const config = readServerConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...variables });
  const leaks = watchLeaks(config.signingSecrets, dataDir);
  const server: RunningServer = await startServer(config, leaks.log(log));
  const filesIn = async (folder: string) => {
    const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => `${folder}/${name}`);
  };
  return {
    url: server.url,
    files: async () => [...(await filesIn('incoming')), ...(await filesIn('objects'))],
    count: async () => (await expectList(await fetch(`${server.url}/images`))).count,
    async stop() {
      await server.stop();
      leaks.mustBeClean();
    },
  };
}

/** A server for the suite that calls this. */
export function useServer(options?: TestServerOptions): Omit<TestServer, 'stop'> {
  let opened: TestServer | undefined;
  let dataDir = '';
  const server = () => {
    if (!opened) throw new Error('The server runs only while tests do.');
    return opened;
  };
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tintype-socket-'));
    opened = await openServer(dataDir, options);
  });
  afterAll(async () => {
    await opened?.stop();
    await rm(dataDir, { recursive: true });
  });
  return {
    get url() {
      return server().url;
    },
    files: () => server().files(),
    count: () => server().count(),
  };
}
