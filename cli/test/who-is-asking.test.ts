import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { temporaryFolder } from '../../service/test/support/server-process.ts';
import { serverFrom } from '../src/connection.ts';
import { called, jsonLines } from './support/called.ts';
import { writeNew } from './support/image-files.ts';

const AUTHENTICATION = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 'a secret of these tests alone, long enough',
};

const server = useServer({ variables: AUTHENTICATION });

/** A token as `tintype token` makes it. */
async function tokenOf(user: string, ...more: string[]): Promise<string> {
  for (const [name, value] of Object.entries(AUTHENTICATION)) vi.stubEnv(name, value);
  const { out } = await called(['token', '--user', user, ...more]);
  vi.unstubAllEnvs();
  return out.trim();
}

const run = (token: string | undefined, ...args: string[]) =>
  called([...args, '--url', server.url, ...(token === undefined ? [] : ['--token', token])]);

describe('a server that asks for tokens', () => {
  test('gets the one that is given, and uploads are whose it is', async () => {
    const path = await writeNew(join(await temporaryFolder(), 'a.png'), png({ seed: 1 }));
    const token = await tokenOf('alice');
    expect((await run(token, 'upload', path)).out).toMatch(/^1 uploaded/m);
    expect((await run(token, 'upload', path)).out).toMatch(/^0 uploaded, 1 there already/m);
    expect(jsonLines((await run(token, 'list', '--json')).out)).toMatchObject([{ user_id: 'alice' }]);
    vi.stubEnv('TINTYPE_TOKEN', token);
    expect(jsonLines((await run(undefined, 'list', '--json')).out)).toHaveLength(1);
    vi.unstubAllEnvs();
  });

  test('never takes the images of others for those of an admin who says not whose', async () => {
    const path = await writeNew(join(await temporaryFolder(), 'a.png'), png({ seed: 2 }));
    await run(await tokenOf('bob'), 'upload', path);
    const { code, errors } = await run(await tokenOf('root', '--scopes', 'images:admin'), 'upload', path);
    expect([code, errors]).toEqual([1, expect.stringMatching(/^Say whose images these are: --user ID/)]);
  });

  test('is told of in plain words: without a token, with a wrong one, and for what it does not allow', async () => {
    const without = await run(undefined, 'list');
    expect(without).toMatchObject({ code: 1, out: '' });
    expect(without.errors).toMatch(/wants to know who is asking: give --token or TINTYPE_TOKEN/);
    expect(without.errors).toMatch(/\(request id [\w-]+\)\n$/);
    const wrong = await run('not-a-token', 'list');
    expect(wrong.errors).toMatch(/does not accept the token: /);
    expect(wrong.errors).not.toContain('not-a-token');
    const forbidden = await run(await tokenOf('alice'), 'list', '--user', 'bob');
    expect(forbidden.errors).toMatch(/^That is not allowed: /);
  });
});

describe('which server, and who is asking', () => {
  test('are said by options, by the environment, or by nobody', () => {
    const environment = { TINTYPE_URL: 'http://there', TINTYPE_TOKEN: 'theirs' };
    expect(serverFrom({}, {})).toEqual({ url: 'http://127.0.0.1:3000', token: undefined });
    expect(serverFrom({}, { TINTYPE_URL: '', TINTYPE_TOKEN: '' })).toEqual(serverFrom({}, {}));
    expect(serverFrom({}, environment)).toEqual({ url: 'http://there', token: 'theirs' });
    expect(serverFrom({ url: 'https://here/api', token: 'mine' }, environment)).toEqual({
      url: 'https://here/api',
      token: 'mine',
    });
  });

  test.each([
    [{ url: 'here' }, {}, /^--url must be a URL/],
    [{ url: 'ftp://here' }, {}, /^--url must be a URL/],
    [{ url: '' }, {}, /^--url must be a URL/],
    [{}, { TINTYPE_URL: 'here:3000' }, /^TINTYPE_URL must be a URL/],
    [{ url: 'http://me:secret@here' }, {}, /^--url must not hold a password/],
    [{ token: 'a b' }, {}, /^--token must be a token/],
    [{}, { TINTYPE_TOKEN: 'a\nb' }, /^TINTYPE_TOKEN must be a token/],
  ])('%j and %j are not understood', (given, environment, message) => {
    const said = serverFrom(given, environment);
    expect(said).toMatch(message);
    expect(said).not.toContain('secret');
  });
});
