import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../service/src/config/config.ts';
import { createJwtVerifier } from '../../service/src/drivers/jose/jwt-verifier.ts';
import { runTintype } from '../../service/test/support/tintype-command.ts';
import { runCommand } from '../src/run-command.ts';

const ENVIRONMENT = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 'a secret of these tests alone, long enough',
};

async function called(...args: string[]) {
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runCommand(
    ['token', ...args],
    { write: (text) => out.push(text) },
    { write: (text) => errors.push(text) },
  );
  return { code, out: out.join(''), errors: errors.join('') };
}

/** The same where the environment is as the server's; vitest takes it back. */
function calledWith(variables: Readonly<Record<string, string>>, ...args: string[]) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return called(...args);
}

/** What the server would make of a token. */
function believed(
  token: string,
  variables: Readonly<Record<string, string>> = ENVIRONMENT,
  now = Date.now(),
) {
  const { auth } = readConfig(variables);
  if (auth.kind !== 'jwt') throw new Error('Tokens are not asked for.');
  return createJwtVerifier({ ...auth, clock: { now: () => now } }).verify(token.trim());
}

afterEach(() => void vi.unstubAllEnvs());

test('help says what it is for, and that production is not it', async () => {
  const { code, out } = await called('--help');
  expect(code).toBe(0);
  for (const part of ['--user', '--scopes', '--hours', 'JWT_SECRET', 'JWT_JWKS_URL', 'Exit codes']) {
    expect(out).toContain(part);
  }
});

test.each([
  [[], /--user must say whose token it is/],
  [['--user', ''], /--user must say whose/],
  [['--user', 'x'.repeat(129)], /--user must say whose token it is: 1 to 128 bytes/],
  [['--user', 'a\nb'], /--user must say whose/],
  [
    ['--user', 'alice', '--scopes', 'images:all'],
    /--scopes must be some of images:read,images:write,images:admin/,
  ],
  [['--user', 'alice', '--scopes', ''], /--scopes must be some of/],
  [['--user', 'alice', '--scopes', 'images:read, images:write'], /--scopes must be some of/],
  [['--user', 'alice', '--hours', '0'], /--hours must be a whole number from 1 to 8760/],
  [['--user', 'alice', '--hours', '8761'], /--hours must be/],
  [['--user', 'alice', '--hours', '1.5'], /--hours must be/],
  [['--user', 'alice', '--hours', 'all'], /--hours must be/],
  [['--user', 'alice', '--secret', 'x'], /--secret/],
  [['alice'], /alice/],
])('%j is not understood, which is said on standard error', async (args, message) => {
  const { code, out, errors } = await calledWith(ENVIRONMENT, ...args);
  expect([code, out]).toEqual([2, '']);
  expect(errors).toMatch(message);
});

describe('a token', () => {
  test('is one line, for that user, with both scopes, for half a day', async () => {
    const { code, out, errors } = await calledWith(ENVIRONMENT, '--user', 'alice');
    expect([code, errors]).toEqual([0, '']);
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { user_id, scopes } = await believed(out);
    expect([user_id, ...scopes]).toEqual(['alice', 'images:read', 'images:write']);
    const hour = 3_600_000;
    await believed(out, ENVIRONMENT, Date.now() + 12 * hour - 60_000);
    await expect(believed(out, ENVIRONMENT, Date.now() + 12 * hour + 60_000)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  test('has the scopes, and lasts the hours, that are asked for', async () => {
    const { out } = await calledWith(
      ENVIRONMENT,
      '--user',
      'root',
      '--scopes',
      'images:admin',
      '--hours',
      '1',
    );
    expect([...(await believed(out)).scopes]).toEqual(['images:admin']);
    await expect(believed(out, ENVIRONMENT, Date.now() + 3_700_000)).rejects.toThrow('expired');
  });

  test('is as the server reads them, where claims have other names', async () => {
    const variables = { ...ENVIRONMENT, JWT_USER_CLAIM: 'email', JWT_SCOPE_PREFIX: 'tintype/' };
    const { out } = await calledWith(variables, '--user', 'alice@example.com', '--scopes', 'images:read');
    const { user_id, scopes } = await believed(out, variables);
    expect([user_id, ...scopes]).toEqual(['alice@example.com', 'images:read']);
    await expect(believed(out)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test.each([
    ['tokens are not asked for', {}],
    [
      'only another can sign',
      { ...ENVIRONMENT, JWT_SECRET: '', JWT_JWKS_URL: 'https://issuer.example/keys' },
    ],
  ])('is not made where %s, and the command says how it would be', async (_what, variables) => {
    const { code, out, errors } = await calledWith(variables, '--user', 'alice');
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(/set AUTH=jwt, JWT_ISSUER, JWT_AUDIENCE and JWT_SECRET/);
  });

  test('is not made where the environment is wrong, and the secret is not printed', async () => {
    const variables = { ...ENVIRONMENT, JWT_ISSUER: '', JWT_SECRET: 'short-secret' };
    const { code, out, errors } = await calledWith(variables, '--user', 'alice');
    expect([code, out]).toEqual([1, '']);
    expect(errors).toContain('JWT_SECRET must have at least 32 characters');
    expect(errors).not.toContain('short-secret');
  });

  test('is all that the real command prints', async () => {
    const { code, stdout, stderr } = await runTintype(['token', '--user', 'alice'], ENVIRONMENT);
    expect([code, stderr]).toEqual([0, '']);
    expect(await believed(stdout)).toMatchObject({ user_id: 'alice' });
  });
});
