import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signToken } from '../../src/drivers/jose/sign-token.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { ROOT, startServerProcess } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

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

const SHARED_SECRET = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 'a secret for tests, of 32 letters',
};

function makeToken(): Promise<string> {
  const issued_at = Math.floor(Date.now() / 1000);
  return signToken({
    ...{ issuer: SHARED_SECRET.JWT_ISSUER, audience: SHARED_SECRET.JWT_AUDIENCE, userClaim: 'sub' },
    ...{ scopePrefix: '', secret: SHARED_SECRET.JWT_SECRET, user_id: 'alice' },
    ...{ scopes: ['images:read', 'images:write'], issued_at, expires_at: issued_at + 600 },
  });
}

describe('npm run smoke', () => {
  test('finds all well at a running server, and leaves nothing there', async (context) => {
    onlyWhenLarge(context);
    const { url } = await startServerProcess();
    expect(await smoke('--url', `${url}/`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/All is well\.\n$/),
    });
    const { items } = (await (await fetch(`${url}/images`)).json()) as { items: unknown[] };
    expect(items).toEqual([]);
  });

  test('finds all well where a token is needed, as whoever the token is of', async (context) => {
    onlyWhenLarge(context);
    const { url } = await startServerProcess({ env: SHARED_SECRET });
    const token = await makeToken();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'image/png' };
    const mine = await fetch(`${url}/images`, {
      method: 'POST',
      headers,
      body: SMALL_IMAGES['image/png'].bytes,
    });
    expect(mine.status).toBe(201);
    expect(await smoke('--url', url, '--token', token)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/All is well\.\n$/),
    });
    const { items } = (await (await fetch(`${url}/images`, { headers })).json()) as { items: unknown[] };
    expect(items).toHaveLength(1);
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
