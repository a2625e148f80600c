import { expect, test } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { AUDIENCE, ISSUER, signed, usual } from '../../service/test/support/token-issuer.ts';
import { testClient } from './support/test-client.ts';

const SECRET = 'a secret for tests of 32 letters';
const server = useServer({
  variables: { AUTH: 'jwt', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_SECRET: SECRET },
});
const tokenOf = (sub: string) =>
  signed({ ...usual(Date.now()), sub }, { alg: 'HS256' }, new TextEncoder().encode(SECRET));

test('a token that is a function is asked for anew before every request', async () => {
  let asked = 0;
  const { tintype, requests } = testClient({
    url: server.url,
    token: () => {
      asked++;
      return tokenOf('alice');
    },
  });
  const { image_id } = await tintype.upload(png(), {});
  expect(await tintype.view(image_id)).toMatchObject({ user_id: 'alice' });
  await tintype.delete(image_id);
  expect(asked).toBe(3);
  expect(requests.every(({ headers }) => headers.get('authorization')?.startsWith('Bearer '))).toBe(true);
});

test('without a token, or with that of another user, the code says so', async () => {
  const alice = testClient({ url: server.url, token: await tokenOf('alice') });
  const { image_id } = await alice.tintype.upload(png({ seed: 1 }), { user_id: 'alice' });
  const nobody = testClient({ url: server.url, token: () => undefined });
  await expect(nobody.tintype.view(image_id)).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
  await expect(nobody.tintype.upload(png(), {})).rejects.toMatchObject({ code: 'unauthenticated' });
  const bob = testClient({ url: server.url, token: await tokenOf('bob') });
  await expect(bob.tintype.view(image_id)).rejects.toMatchObject({ code: 'not_found', status: 404 });
});

test('tokens go to the API alone, and not to where the bytes are', async () => {
  const { tintype, requests } = testClient({ url: server.url, token: () => tokenOf('alice') });
  for (const size of [4, 16]) {
    await tintype.upload(png({ size: size * 1024 * 1024 + 1, seed: size }), {});
  }
  const { items } = await tintype.listPage();
  await tintype.download(items[0]?.image_id ?? '');
  const told = requests.map(({ target, headers }) => [target.split('/')[1], headers.has('authorization')]);
  expect(told.filter(([folder, said]) => (folder === 'objects') === said)).toEqual([]);
  expect(told.filter(([folder]) => folder === 'objects').length).toBeGreaterThanOrEqual(5);
});

test('what a token function fails with is what the call fails with', async () => {
  const failure = new Error('The session has ended.');
  const { tintype, requests } = testClient({ url: server.url, token: () => Promise.reject(failure) });
  await expect(tintype.view('x')).rejects.toBe(failure);
  await expect(tintype.upload(png(), {})).rejects.toBe(failure);
  expect(requests).toEqual([]);
});
