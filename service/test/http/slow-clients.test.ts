import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cutStalled } from '../../src/entry/slow-clients.ts';
import { expectProblem } from '../support/answers.ts';
import { Connection, type RawAnswer, until } from '../support/connection.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { useServer } from '../support/running-server.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes, newPng } from '../support/uploads.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

const HOST = 'host: 127.0.0.1\r\n';
const HEALTH = `GET /health HTTP/1.1\r\n${HOST}\r\n`;
const post = (type: string, length: number, path = '/images?user_id=alice') =>
  `POST ${path} HTTP/1.1\r\n${HOST}content-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;

const responseOf = ({ status, headers, body }: RawAnswer) => new Response(body, { status, headers });

/** As long as the shortest limit that can be set, several times over. */
const DRIP_MS = 100;

/** Sends one letter after another, for as long as the connection takes them. */
function drip(connection: Connection, letters: string): () => void {
  let at = 0;
  const timer = setInterval(() => void connection.send(letters[at++ % letters.length] ?? ''), DRIP_MS);
  return () => clearInterval(timer);
}

const image = newPng(2_000_000);
const form = multipartBytes([...fieldParts({ user_id: 'alice' }), filePart('file', image)]);

/** What slow callers have sent before they stop, or go on byte by byte. */
const SLOW: readonly (readonly [
  what: string,
  sent: readonly (string | Uint8Array)[],
  then: string | undefined,
])[] = [
  ['nothing at all', [], undefined],
  ['half a request line', ['GET /hea'], undefined],
  ['headers that never end', [`GET /health HTTP/1.1\r\n${HOST}`], undefined],
  ['headers byte by byte', [`GET /health HTTP/1.1\r\n${HOST}x: `], 'y'],
  ['no body', [post('image/png', image.length)], undefined],
  ['half an image', [post('image/png', image.length), image.subarray(0, 1_000_000)], undefined],
  ['half a form', [post(MULTIPART, form.length, '/images'), form.subarray(0, 1_000_000)], undefined],
  ['half of some JSON', [post('application/json', 1000, '/images'), '{"user_id":'], undefined],
  ['an image byte by byte', [post('image/png', image.length), image.subarray(0, 500_000)], '\0'],
  ['a form byte by byte', [post(MULTIPART, form.length, '/images'), form.subarray(0, 500_000)], '\0'],
];

describe('callers who take their time', () => {
  const server = useServer({
    variables: { HEADERS_TIMEOUT_SECONDS: '1', BODY_TIMEOUT_SECONDS: '2', IDLE_TIMEOUT_SECONDS: '1' },
  });

  it.each(SLOW)('%s: 408, the connection ends, and nothing is left', async (_what, sent, then) => {
    const connection = await Connection.open(server.url);
    await connection.send(...sent);
    const stop = then === undefined ? () => {} : drip(connection, then);
    try {
      await expectProblem(responseOf(await connection.answer()), 'timeout');
      await connection.closed();
    } finally {
      stop();
    }
    await until(async () => (await server.files()).length === 0, 'the bytes to be taken back');
    expect(await server.count()).toBe(0);
  });

  it('fifty of them at once: each is told so and cut, others are served meanwhile, and nothing is left', async () => {
    const slow = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const [, sent, then] = SLOW[n % SLOW.length] ?? ['', [], undefined];
        const connection = await Connection.open(server.url);
        await connection.send(...sent);
        return { connection, stop: then === undefined ? () => {} : drip(connection, then) };
      }),
    );
    try {
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      for (const { connection } of slow) {
        await expectProblem(responseOf(await connection.answer()), 'timeout');
        await connection.closed();
      }
    } finally {
      for (const { stop } of slow) stop();
    }
    await until(async () => (await server.files()).length === 0, 'the bytes to be taken back');
    expect(await server.count()).toBe(0);
  });

  it('a second request on a connection has as long as the first', async () => {
    const connection = await Connection.open(server.url);
    await connection.send(HEALTH);
    expect((await connection.answer()).status).toBe(200);
    await connection.send(post('image/png', image.length), image.subarray(0, 100_000));
    await expectProblem(responseOf(await connection.answer()), 'timeout');
    await connection.closed();
  });

  it('who sends slowly, but in time, is served', async () => {
    const small = newPng();
    const connection = await Connection.open(server.url);
    await connection.send(post('image/png', small.length));
    const third = Math.ceil(small.length / 3);
    for (let at = 0; at < small.length; at += third) {
      // An answer to somebody else has come and gone: time has passed, whatever it was.
      await fetch(`${server.url}/health`);
      await connection.send(small.subarray(at, at + third));
    }
    expect((await connection.answer()).status).toBe(201);
    connection.end();
  });
});

describe('an answer', () => {
  let server: Server;
  let url = '';
  let answer: (outgoing: ServerResponse) => void = () => {};
  beforeAll(async () => {
    const current = new WeakMap<object, ServerResponse>();
    server = createServer();
    server.on('request', (incoming, outgoing) => {
      current.set(incoming.socket, outgoing);
      answer(outgoing);
    });
    cutStalled(server, { idleTimeoutSeconds: 0.05 } as Parameters<typeof cutStalled>[1], (socket) =>
      current.get(socket),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('that nobody takes is cut', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    answer = (outgoing) => {
      outgoing.end(Buffer.alloc(50_000_000));
      asked.resolve(outgoing);
    };
    const connection = await Connection.open(url, { reads: false });
    await connection.send(HEALTH);
    const outgoing = await asked.promise;
    await until(() => outgoing.destroyed, 'the answer to be cut');
    expect(outgoing.writableFinished).toBe(false);
    connection.vanish();
  });

  it('that is long in the making is waited for', async () => {
    const stood = Promise.withResolvers<void>();
    answer = (outgoing) => {
      // The server's own timer has come and gone before this.
      server.once('timeout', () => stood.resolve());
      void stood.promise.then(() => outgoing.end('made'));
    };
    const connection = await Connection.open(url);
    await connection.send(HEALTH);
    expect((await connection.answer()).status).toBe(200);
    connection.end();
  });
});
