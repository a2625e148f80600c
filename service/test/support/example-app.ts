import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { freePort } from './free-port.ts';
import { ROOT, startServerProcess } from './server-process.ts';
import { JWT_ENVIRONMENT } from './shared-secret.ts';

export interface Example {
  /** Below docs/examples/. */
  readonly folder: string;
  /** What is there when it has been installed, and built where it has to be. */
  readonly made: string;
  /** What its `npm start` runs, with Node. */
  readonly command: readonly string[];
}

export const isMade = ({ folder, made }: Example) => existsSync(join(ROOT, 'docs/examples', folder, made));

type Variables = Readonly<Record<string, string>>;

/** What the two are told of each other, but for their addresses. */
export interface Settings {
  readonly tintype: Variables;
  readonly app: Variables;
}

const { AUTH: _, ...SHARED } = JWT_ENVIRONMENT;
const SETTINGS: Settings = { tintype: JWT_ENVIRONMENT, app: SHARED };

/**
 * An example app over a server of its own that wants tokens, both in processes of their own until the test ends.
 * @returns where they listen.
 */
export async function startExample(
  { folder, command }: Example,
  settings = SETTINGS,
): Promise<{ app: string; tintype: string }> {
  const port = await freePort();
  const app = `http://127.0.0.1:${port}`;
  const { url: tintype } = await startServerProcess({ env: { ...settings.tintype, CORS_ORIGINS: app } });
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, command, {
    cwd: join(ROOT, 'docs/examples', folder),
    env: {
      PATH,
      HOME,
      ...settings.app,
      TINTYPE_URL: tintype,
      PORT: String(port),
      NEXT_TELEMETRY_DISABLED: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`The app has ended.\n${printed}`);
      expect((await fetch(app)).status).toBe(200);
    },
    { timeout: 60_000, interval: 200 },
  );
  return { app, tintype };
}
