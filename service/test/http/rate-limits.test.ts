import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../support/answers.ts';
import { openServer, type TestServer, useServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

interface Asked {
  readonly path?: string;
  readonly method?: string;
  /** The end of the loopback network that the connection comes from. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own, from an address of its own. */
async function ask(
  { url }: Pick<TestServer, 'url'>,
  { path = '/images', method = 'GET', from = '127.0.0.1', headers = {} }: Asked = {},
): Promise<Response> {
  const sent = request(`${url}${path}`, { method, headers, localAddress: from, agent: false }).end();
  const [incoming] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const pairs = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return new Response(chunks.length > 0 ? Buffer.concat(chunks) : null, {
    status: incoming.statusCode,
    headers: pairs,
  });
}

const limitOf = ({ headers }: Response) => [headers.get('ratelimit-policy'), headers.get('ratelimit')];
const POLICY = '"address";q=3;w=60';
const LIMITED = { RATE_LIMIT_PER_MINUTE: '3' };

/** A server of the test's own, whose clock stands still until the test moves it. */
async function limited(variables: Readonly<Record<string, string>> = {}) {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const folder = await scratchFolder();
  const server = await openServer(folder.path, { variables: { ...LIMITED, ...variables } });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

afterEach(() => void vi.useRealTimers());

describe('a limit of requests', () => {
  it('holds for an address: 429 with when to come back, and every answer says what is left', async () => {
    await using server = await limited();
    for (const left of [2, 1, 0]) {
      const response = await ask(server);
      expect(response.status).toBe(200);
      expect(limitOf(response)).toEqual([POLICY, `"address";r=${left};t=60`]);
      expect(response.headers.has('retry-after')).toBe(false);
    }
    vi.setSystemTime(Date.now() + 20_000);
    const refused = await ask(server);
    expect(limitOf(refused)).toEqual([POLICY, '"address";r=0;t=40']);
    expect(refused.headers.get('retry-after')).toBe('40');
    const problem = await expectProblem(refused, 'rate_limited');
    expect(problem.detail).toContain('more than 3 requests within 60 seconds');
    expect((await ask(server, { from: '127.0.0.2' })).status).toBe(200);
    vi.setSystemTime(Date.now() + 40_000);
    expect((await ask(server)).status).toBe(200);
  });

  it('counts every request, whatever becomes of it, and says so each time', async () => {
    await using server = await limited();
    const asked: readonly Asked[] = [
      { path: '/nothing' },
      { path: '/objects/x?signature=x' },
      { path: '/images?limit=x', headers: { host: 'evil.example' } },
    ];
    for (const [n, one] of asked.entries()) {
      const response = await ask(server, one);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(limitOf(response)).toEqual([POLICY, `"address";r=${2 - n};t=60`]);
    }
    const head = await ask(server, { method: 'HEAD' });
    expect(head.status).toBe(429);
    expect(limitOf(head)[1]).toBe('"address";r=0;t=60');
  });

  it('refuses an upload before it is read, and nothing of it is left', async () => {
    await using server = await limited();
    for (let n = 0; n < 3; n++) await ask(server);
    const headers = { 'content-type': 'image/png' };
    const body = Buffer.alloc(3_000_000);
    await expectProblem(
      await fetch(`${server.url}/images?user_id=alice`, { method: 'POST', headers, body }),
      'rate_limited',
    );
  });

  it('never holds for /health and /ready, which do not count either', async () => {
    await using server = await limited();
    for (let n = 0; n < 10; n++) {
      for (const path of ['/health', '/ready']) {
        const response = await ask(server, { path });
        expect(response.status).toBe(200);
        expect(limitOf(response)).toEqual([null, null]);
      }
    }
    expect(limitOf(await ask(server))[1]).toBe('"address";r=2;t=60');
  });

  it('believes X-Forwarded-For from a trusted proxy alone', async () => {
    await using server = await limited({ TRUSTED_PROXIES: '127.0.0.9' });
    const left = async (from: string, forwarded: string) =>
      limitOf(await ask(server, { from, headers: { 'x-forwarded-for': forwarded } }))[1];
    // Nobody gets rid of a limit by making addresses up ...
    for (const [n, made] of ['1.1.1.1', '2.2.2.2', '3.3.3.3'].entries()) {
      expect(await left('127.0.0.1', made)).toBe(`"address";r=${2 - n};t=60`);
    }
    expect((await ask(server, { headers: { 'x-forwarded-for': '4.4.4.4' } })).status).toBe(429);
    // ... also not through the proxy, which adds the address that it sees.
    expect(await left('127.0.0.9', '5.5.5.5, 203.0.113.1')).toBe('"address";r=2;t=60');
    expect(await left('127.0.0.9', '6.6.6.6, 203.0.113.1')).toBe('"address";r=1;t=60');
    expect(await left('127.0.0.9', '203.0.113.2')).toBe('"address";r=2;t=60');
    // A /64 is one caller.
    expect(await left('127.0.0.9', '2001:db8::1')).toBe('"address";r=2;t=60');
    expect(await left('127.0.0.9', '2001:db8:0:0:ffff::2')).toBe('"address";r=1;t=60');
    expect(await left('127.0.0.9', '2001:db8:0:1::1')).toBe('"address";r=2;t=60');
  });
});

describe('without a limit', () => {
  const server = useServer();

  it('nothing is said of one, however many requests come', async () => {
    for (let n = 0; n < 20; n++) {
      const response = await ask(server);
      expect(response.status).toBe(200);
      expect(limitOf(response)).toEqual([null, null]);
    }
  });
});
