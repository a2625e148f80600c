import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { answering, rawServer } from '../../../test/support/raw-server.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import type { Resolve } from './public-lookup.ts';
import { createWebhookSender } from './webhook-sender.ts';

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';
const HEADERS = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1614265330' };
const BODY = '{"type":"image.ready","title":"Blüte 🌸"}';

const sender = createWebhookSender({ allowInternal: true });
const urlOf = ({ port }: { readonly port: number }, path = '/') => new URL(`http://127.0.0.1:${port}${path}`);
const postTo = async (onConnection: (socket: Socket) => void) =>
  sender.post(urlOf(await rawServer(onConnection)), HEADERS, BODY);

describe('a message', () => {
  test('arrives byte for byte, with its headers and no others', async () => {
    const server = await rawServer(answering(NO_CONTENT));
    const url = urlOf(server, '/hooks/%20a?key=a%2Fb&c#part');
    expect(await sender.post(url, HEADERS, BODY)).toEqual({ outcome: 'delivered', status: 204 });
    const [head = '', body = ''] = (server.received[0] ?? '').split('\r\n\r\n');
    expect(Buffer.from(body, 'latin1').toString()).toBe(BODY);
    const [line, ...headers] = head.split('\r\n');
    expect(line).toBe('POST /hooks/%20a?key=a%2Fb&c HTTP/1.1');
    expect(headers.map((header) => header.toLowerCase()).sort()).toEqual(
      [
        'connection: close',
        `content-length: ${Buffer.byteLength(BODY)}`,
        'content-type: application/json',
        `host: 127.0.0.1:${server.port}`,
        'user-agent: tintype',
        'webhook-id: msg_1',
        'webhook-timestamp: 1614265330',
      ].sort(),
    );
  });

  test('arrives however large it is', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(3_000_000) });
    const server = await rawServer((socket) => {
      let read = 0;
      socket.on('data', (bytes: Buffer) => {
        read += bytes.length;
        if (read > body.length) socket.write(NO_CONTENT);
      });
    });
    expect(await sender.post(urlOf(server), {}, body)).toEqual({ outcome: 'delivered', status: 204 });
    expect(server.received[0]?.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  test('goes to the address that the name was looked up to, under its name, over a connection of its own', async () => {
    const server = await rawServer(answering(NO_CONTENT));
    const names: string[] = [];
    const resolve: Resolve = async (name) => {
      names.push(name);
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const resolving = createWebhookSender({ allowInternal: true, resolve });
    const url = new URL(`http://Hooks.Example.com.:${server.port}/`);
    for (let n = 0; n < 2; n++) await resolving.post(url, HEADERS, BODY);
    expect(names).toEqual(['hooks.example.com', 'hooks.example.com']);
    expect(server.received).toHaveLength(2);
    for (const text of server.received) {
      expect(text.toLowerCase()).toContain(`\r\nhost: hooks.example.com:${server.port}\r\n`);
    }
  });

  test('cannot have other values in the headers that are ours', async () => {
    const server = await rawServer(answering(NO_CONTENT));
    await sender.post(urlOf(server), { 'content-length': '1', 'user-agent': 'x', 'content-type': 'x' }, BODY);
    const text = (server.received[0] ?? '').toLowerCase();
    expect(text).toContain(`content-length: ${Buffer.byteLength(BODY)}\r\n`);
    expect(text).not.toMatch(/: (x|1)\r\n/);
  });
});

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %d is a delivery', async (status) => {
    const answer = `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`;
    expect(await postTo(answering(answer))).toEqual({ outcome: 'delivered', status });
  });

  test.each([300, 304, 400, 401, 404, 410, 429, 500, 503, 999])('of %d is an answer', async (status) => {
    const answer = `HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`;
    expect(await postTo(answering(answer))).toEqual({ outcome: 'answered', status });
  });

  test.each([301, 302, 303, 307, 308])('of %d is not followed', async (status) => {
    const target = await rawServer(answering(NO_CONTENT));
    const redirect = `HTTP/1.1 ${status} X\r\nlocation: ${urlOf(target)}\r\ncontent-length: 0\r\n\r\n`;
    const server = await rawServer(answering(redirect));
    expect(await sender.post(urlOf(server), HEADERS, BODY)).toEqual({ outcome: 'answered', status });
    expect(target.sockets).toHaveLength(0);
    expect(server.sockets).toHaveLength(1);
  });

  test('that sets a cookie has no cookie sent back', async () => {
    const server = await rawServer(
      answering('HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n'),
    );
    for (let n = 0; n < 2; n++) await sender.post(urlOf(server), HEADERS, BODY);
    expect(server.received[1]?.toLowerCase()).not.toContain('cookie');
  });

  test('may come after others that are provisional', async () => {
    const provisional = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    expect(await postTo(answering(provisional + NO_CONTENT))).toEqual({ outcome: 'delivered', status: 204 });
  });

  test('with a body without an end is read for a while only, and the connection ends', async () => {
    const piece = Buffer.alloc(16 * 1024, 'x');
    let written = 0;
    const server = await rawServer((socket) => {
      const more = () => {
        while (socket.writable && socket.write(piece)) written += piece.length;
      };
      socket.on('drain', more);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        more();
      });
    });
    expect(await sender.post(urlOf(server), HEADERS, BODY)).toEqual({ outcome: 'delivered', status: 200 });
    await closed(server.sockets[0]);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  test('counts by its status, also where its body breaks off', async () => {
    const begun = 'HTTP/1.1 500 X\r\ncontent-length: 1000\r\n\r\nbegun';
    const answered = { outcome: 'answered', status: 500 };
    for (const cut of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const outcome = await postTo((socket) => {
        socket.once('data', () => socket.write(begun, () => socket[cut]()));
      });
      // A reset may overtake what was written before it.
      if (cut !== 'resetAndDestroy') expect(outcome).toEqual(answered);
      else expect([answered, { outcome: 'failed', reason: 'connection' }]).toContainEqual(outcome);
    }
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegun\r\nno chunk\r\n';
    expect(await postTo(answering(chunked))).toEqual({ outcome: 'delivered', status: 200 });
  });
});

describe('a failure', () => {
  const broken: readonly (readonly [string, string])[] = [
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a status that is none', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['another version', 'HTTP/9.9 200 OK\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a header with a NUL', 'HTTP/1.1 200 OK\r\na: \0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
    ['a header too long', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(17 * 1024)}\r\n\r\n`],
    ['headers too many', `HTTP/1.1 200 OK\r\n${'a: 1234567890\r\n'.repeat(2000)}\r\n`],
  ];
  test.each(broken)('of the connection is what an answer with %s is', async (_name, text) => {
    expect(await postTo(answering(text))).toEqual({ outcome: 'failed', reason: 'connection' });
  });

  test('of the connection is headers without an end, which are not read to it', async () => {
    const server = await rawServer((socket) => {
      const more = () => {
        while (socket.writable && socket.write('a: 1234567890\r\n'.repeat(1000)));
      };
      socket.on('drain', more);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        more();
      });
    });
    const outcome = await sender.post(urlOf(server), HEADERS, BODY);
    expect(outcome).toEqual({ outcome: 'failed', reason: 'connection' });
    await closed(server.sockets[0]);
  });

  test.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'of the connection is one that breaks before there is a status (%s)',
    async (cut) => {
      const moments: ((socket: Socket) => void)[] = [
        (socket) => socket[cut](),
        (socket) => socket.once('data', () => socket[cut]()),
        (socket) => socket.once('data', () => socket.write('HTTP/1.1 20', () => socket[cut]())),
        (socket) =>
          socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\na: b\r\n', () => socket[cut]())),
      ];
      for (const moment of moments) {
        expect(await postTo(moment)).toEqual({ outcome: 'failed', reason: 'connection' });
      }
    },
  );

  test('of the connection is none at all', async () => {
    const server = await rawServer((socket) => socket.destroy());
    const resolve: Resolve = async () => [{ address: '127.0.0.2', family: 4 }];
    const elsewhere = createWebhookSender({ allowInternal: true, resolve });
    const outcome = await elsewhere.post(new URL(`http://a.example.com:${server.port}`), HEADERS, BODY);
    expect(outcome).toEqual({ outcome: 'failed', reason: 'connection' });
    expect(server.sockets).toHaveLength(0);
  });

  test('of the name is one that cannot be looked up', async () => {
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const log = recordingLog();
    const lost = createWebhookSender({ allowInternal: false, resolve, log });
    const outcome = await lost.post(new URL('https://nowhere.example.com/secret?key=secret'), HEADERS, BODY);
    expect(outcome).toEqual({ outcome: 'failed', reason: 'name_not_found' });
    expect(log.entries).toEqual([
      {
        level: 'info',
        fields: { host: 'nowhere.example.com', reason: 'name_not_found', cause: 'ENOTFOUND: no' },
        message: 'a webhook could not be sent',
      },
    ]);
  });

  test('is told to the log in one short line without bytes of the answer', async () => {
    const log = recordingLog();
    const told = createWebhookSender({ allowInternal: true, log });
    const server = await rawServer(answering(`HTTP/1.1 abc ${'hidden '.repeat(1000)}\r\n\r\n`));
    await told.post(urlOf(server, '/secret'), HEADERS, BODY);
    const [entry] = log.entries;
    expect(entry?.fields).toMatchObject({ reason: 'connection', host: `127.0.0.1:${server.port}` });
    expect(JSON.stringify(log.entries)).toMatch(/HPE_INVALID_STATUS/);
    expect(JSON.stringify(log.entries)).not.toMatch(/hidden|secret/);
    expect(JSON.stringify(log.entries).length).toBeLessThan(600);
  });
});

describe('patience', () => {
  const timeout = { outcome: 'failed', reason: 'timeout' };
  const name = new URL('https://example.com');
  const fakeTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  afterEach(() => vi.useRealTimers());

  /** A server that has been sent a message, and what becomes of that. */
  async function sent() {
    fakeTimers();
    const arrived = Promise.withResolvers<Socket>();
    const server = await rawServer((socket) => socket.once('data', () => arrived.resolve(socket)));
    const outcome = sender.post(urlOf(server), HEADERS, BODY);
    return { outcome, socket: await arrived.promise };
  }

  test('ends 15 seconds after the start where no answer comes, and the connection with it', async () => {
    const { outcome, socket } = await sent();
    vi.advanceTimersByTime(15_000);
    expect(await outcome).toEqual(timeout);
    await closed(socket);
  });

  test('does not end before, and nothing is left of it then', async () => {
    const { outcome, socket } = await sent();
    vi.advanceTimersByTime(14_999);
    socket.write(NO_CONTENT);
    expect(await outcome).toEqual({ outcome: 'delivered', status: 204 });
    expect(vi.getTimerCount()).toBe(0);
    await closed(socket);
  });

  test('ends in a body that stands still, which does not matter', async () => {
    const { outcome, socket } = await sent();
    const heard = Promise.withResolvers<unknown>();
    const answers = channel('http.client.response.finish');
    answers.subscribe(heard.resolve);
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun');
    await heard.promise;
    answers.unsubscribe(heard.resolve);
    vi.advanceTimersByTime(15_000);
    expect(await outcome).toEqual({ outcome: 'delivered', status: 200 });
    await closed(socket);
  });

  test('ends 5 seconds after the start where there is no connection by then', async () => {
    fakeTimers();
    const never = Promise.withResolvers<never>();
    const log = recordingLog();
    const waiting = createWebhookSender({ allowInternal: false, resolve: () => never.promise, log });
    const outcome = waiting.post(name, HEADERS, BODY);
    vi.advanceTimersByTime(5000);
    expect(await outcome).toEqual(timeout);
    expect(log.entries[0]?.fields).toMatchObject({ cause: 'Not done within 5000 ms.' });
  });

  test('for a connection does not end before', async () => {
    fakeTimers();
    const slow = Promise.withResolvers<[{ address: string; family: number }]>();
    const waiting = createWebhookSender({ allowInternal: false, resolve: () => slow.promise });
    const outcome = waiting.post(name, HEADERS, BODY);
    vi.advanceTimersByTime(4999);
    slow.resolve([{ address: '127.0.0.1', family: 4 }]);
    expect(await outcome).toEqual({ outcome: 'failed', reason: 'address_not_allowed' });
  });

  test('ends where an answer does not come to its status, or is only provisional', async () => {
    const hasty = createWebhookSender({ allowInternal: true, timeoutMs: 300 });
    const begun = await rawServer(answering('HTTP/1.1 200 OK\r\na: b'));
    expect(await hasty.post(urlOf(begun), HEADERS, BODY)).toEqual(timeout);
    const provisional = await rawServer((socket) => {
      const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
      const more = () => socket.write(hint, (error) => !error && setImmediate(more));
      socket.once('data', more);
    });
    expect(await hasty.post(urlOf(provisional), HEADERS, BODY)).toEqual(timeout);
  });

  test('ends where the message is not taken', async () => {
    const server = await rawServer((socket) => socket.pause());
    const hasty = createWebhookSender({ allowInternal: true, timeoutMs: 300 });
    expect(await hasty.post(urlOf(server), {}, 'x'.repeat(32 * 1024 * 1024))).toEqual(timeout);
  });
});

describe('an address inside', () => {
  const refused = { outcome: 'failed', reason: 'address_not_allowed' };

  test('is not connected to, whatever the name leads to beside it', async () => {
    const server = await rawServer(() => {});
    const inside = { address: '127.0.0.1', family: 4 };
    const mapped = { address: '::ffff:127.0.0.1', family: 6 };
    const outside = { address: '93.184.215.14', family: 4 };
    for (const addresses of [[inside], [mapped], [outside, inside], [inside, outside], [outside, mapped]]) {
      const strict = createWebhookSender({ allowInternal: false, resolve: async () => addresses });
      const url = new URL(`https://rebound.example.com:${server.port}`);
      expect(strict.allows(url)).toBe(true);
      expect(await strict.post(url, HEADERS, BODY)).toEqual(refused);
    }
    expect(server.sockets).toHaveLength(0);
  });

  test.each([
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://127.1',
    'https://127.0.0.1.',
    'https://[::ffff:7f00:1]',
    'https://localhost',
    'https://localhost.',
    'https://a.localhost',
    'http://127.0.0.1',
    'https://user:password@example.com',
  ])('is neither looked up nor connected to where the URL shows it (%s)', async (text) => {
    const server = await rawServer(() => {});
    let lookups = 0;
    const strict = createWebhookSender({
      allowInternal: false,
      resolve: async () => {
        lookups++;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    const url = new URL(text);
    url.port = String(server.port);
    expect(strict.allows(url)).toBe(false);
    expect(await strict.post(url, HEADERS, BODY)).toEqual(refused);
    expect(server.sockets).toHaveLength(0);
    expect(lookups).toBe(0);
  });

  test('is sent to where that is allowed, with no credentials from the URL', async () => {
    const server = await rawServer(answering(NO_CONTENT));
    expect(sender.allows(urlOf(server))).toBe(true);
    const url = new URL(`http://user:password@127.0.0.1:${server.port}`);
    expect(sender.allows(url)).toBe(false);
    expect(await sender.post(url, HEADERS, BODY)).toEqual(refused);
    expect(server.sockets).toHaveLength(0);
  });
});

function closed(socket: Socket | undefined): Promise<void> {
  if (!socket) throw new Error('There was no connection.');
  // Who does not read hears of no end.
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
