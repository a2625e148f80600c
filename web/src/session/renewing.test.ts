import { describe, expect, it } from 'vitest';
import { renewing } from './renewing.ts';

/** A service that takes one token, called as openapi-fetch does; `seen` are the tokens and bodies of its requests. */
function serviceThatTakes(good: string, another: string | undefined) {
  const seen: string[] = [];
  const refused: (string | undefined)[] = [];
  const access = {
    async refused(token: string | undefined) {
      refused.push(token);
      return another;
    },
  };
  const send = async (input: string | URL | Request) => {
    const request = input as Request;
    const authorization = request.headers.get('authorization');
    seen.push(`${authorization} ${await request.text()}`);
    return new Response(null, { status: authorization === `Bearer ${good}` ? 200 : 401 });
  };
  const middleware = renewing(access, send);
  async function post(token: string | undefined) {
    const request = new Request('https://tintype.example/images', { method: 'POST', body: 'a photo' });
    middleware.onRequest({ request, id: 'one' });
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    const response = await send(request);
    return (await middleware.onResponse({ request, response, id: 'one' })) ?? response;
  }
  return { post, seen, refused };
}

describe('a request whose token is refused', () => {
  it('is sent again, whole, with the token that has been renewed', async () => {
    const { post, seen, refused } = serviceThatTakes('new', 'new');
    expect((await post('old')).status).toBe(200);
    expect(seen).toEqual(['Bearer old a photo', 'Bearer new a photo']);
    expect(refused).toEqual(['old']);
  });

  it('is answered as it is where there is no other token', async () => {
    const { post, seen } = serviceThatTakes('new', undefined);
    expect((await post('old')).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it('is sent again once only', async () => {
    const { post, seen } = serviceThatTakes('newest', 'new');
    expect((await post('old')).status).toBe(401);
    expect(seen).toHaveLength(2);
  });

  it('is nothing that a request without a token, or with a good one, can be', async () => {
    const { post, refused } = serviceThatTakes('new', 'new');
    expect((await post(undefined)).status).toBe(401);
    expect((await post('new')).status).toBe(200);
    expect(refused).toEqual([]);
  });

  it('fails as others do where no answer comes back the second time', async () => {
    const middleware = renewing({ refused: async () => 'new' }, () =>
      Promise.reject(new TypeError('Failed to fetch')),
    );
    const request = new Request('https://tintype.example/images', {
      headers: { authorization: 'Bearer old' },
    });
    middleware.onRequest({ request, id: 'one' });
    const answered = middleware.onResponse({
      request,
      response: new Response(null, { status: 401 }),
      id: 'one',
    });
    await expect(answered).rejects.toMatchObject({ name: 'TintypeError', code: 'network', status: 0 });
  });
});
