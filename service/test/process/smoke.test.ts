import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ROOT, startServerProcess } from '../support/server-process.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function smoke(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('npm', ['run', '--silent', 'smoke', '--', ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('npm run smoke', () => {
  test('finds all well at a running server, and leaves nothing there', async () => {
    const { url } = await startServerProcess();
    expect(await smoke('--url', `${url}/`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/All is well\.\n$/),
    });
    const { items } = (await (await fetch(`${url}/images`)).json()) as { items: unknown[] };
    expect(items).toEqual([]);
  });

  test('hands on the token, and says what answered otherwise than it should', async () => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response
        .writeHead(401, { 'content-type': 'application/problem+json' })
        .end('{"code":"unauthenticated"}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await smoke('--url', url, '--token', 'abc');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FAILED: POST .* answered 401 in place of 201: \{"code":"unauthenticated"\}\n/);
    expect(asked).toEqual(['Bearer abc']);
  });

  test('says how it is used when no URL is given, and that is a failure', async () => {
    expect(await smoke()).toMatchObject({ code: 1, stdout: expect.stringContaining('--url URL') });
  });
});
