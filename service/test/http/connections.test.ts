import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { answerBrokenRequest } from '../../src/http/broken-request.ts';
import { expectImage, expectProblem } from '../support/answers.ts';
import { Connection, type RawAnswer, until } from '../support/connection.ts';
import { openServer, useServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes, newPng } from '../support/uploads.ts';

const HOST = 'host: 127.0.0.1\r\n';
const HEALTH = `GET /health HTTP/1.1\r\n${HOST}\r\n`;
const post = (type: string, length: number, more = '', path = '/images?user_id=alice') =>
  `POST ${path} HTTP/1.1\r\n${HOST}content-type: ${type}\r\ncontent-length: ${length}\r\n${more}\r\n`;

const responseOf = ({ status, headers, body }: RawAnswer) => new Response(body, { status, headers });
const problemOf = async (connection: Connection, code: ErrorCode) =>
  expectProblem(responseOf(await connection.answer()), code);

describe('a connection after a refused upload goes on with the next request', () => {
  const server = useServer();
  const text = Buffer.alloc(2_000_000, 'x');
  const form = (name: string) => multipartBytes([filePart(name, text), ...fieldParts({ user_id: 'alice' })]);
  const cases: readonly (readonly [what: string, head: string, body: Buffer, code: ErrorCode])[] = [
    ['no image', post('image/png', text.length), text, 'unsupported_media_type'],
    [
      'a wrong field before its body',
      post('image/png', text.length, '', '/images?colour=red'),
      text,
      'invalid_request',
    ],
    ['a type that is not known', post('text/plain', text.length), text, 'unsupported_media_type'],
    [
      'no image in a form',
      post(MULTIPART, form('file').length, '', '/images'),
      form('file'),
      'unsupported_media_type',
    ],
    [
      'a wrong file in a form',
      post(MULTIPART, form('wrong').length, '', '/images'),
      form('wrong'),
      'invalid_request',
    ],
    [
      'megabytes that are no JSON',
      post('application/json', text.length, '', '/images'),
      text,
      'payload_too_large',
    ],
    ['a path that is none', post('image/png', text.length, '', '/nothing'), text, 'not_found'],
    [
      'a page of another site',
      post('image/png', text.length, 'origin: https://evil.example\r\n'),
      text,
      'forbidden',
    ],
  ];

  it.each(cases)('%s, its body sent before or after the answer', async (_what, head, body, code) => {
    const connection = await Connection.open(server.url);
    await connection.send(head, body, HEALTH);
    await problemOf(connection, code);
    expect((await connection.answer()).status).toBe(200);
    await connection.send(head, body.subarray(0, 1000));
    if (!head.includes('application/json')) {
      await problemOf(connection, code);
      await connection.send(body.subarray(1000), HEALTH);
    } else {
      await connection.send(body.subarray(1000), HEALTH);
      await problemOf(connection, code);
    }
    expect((await connection.answer()).status).toBe(200);
    connection.end();
    await connection.closed();
    expect(await server.files()).toEqual([]);
  });
});

describe('Expect: 100-continue', () => {
  const server = useServer();
  const EXPECT = 'expect: 100-continue\r\n';

  it('an upload is asked for, and stored', async () => {
    const image = newPng();
    const connection = await Connection.open(server.url);
    await connection.send(post('image/png', image.length, EXPECT));
    expect((await connection.answer()).status).toBe(100);
    await connection.send(image);
    const stored = await expectImage(responseOf(await connection.answer()), 201);
    expect(stored.size_bytes).toBe(image.length);
    connection.end();
  });

  it('one that is announced over the limit gets its 413 without sending anything', async () => {
    const connection = await Connection.open(server.url);
    await connection.send(post('image/png', 60 * 1024 * 1024, EXPECT));
    let answer = await connection.answer();
    if (answer.status === 100) answer = await connection.answer();
    await expectProblem(responseOf(answer), 'payload_too_large');
    connection.end();
  });
});

describe('what is no request is answered as everything else is, and ends the connection', () => {
  const server = useServer();

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['a length that is no number', post('image/png', Number.NaN)],
    ['a negative length', post('image/png', -1)],
    ['two lengths', post('image/png', 5, 'content-length: 6\r\n')],
    ['a length and chunks', post('image/png', 5, 'transfer-encoding: chunked\r\n')],
    [
      'a chunk of no size',
      `POST /images?user_id=a HTTP/1.1\r\n${HOST}content-type: image/png\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n`,
    ],
    ['NUL in a header', `GET /health HTTP/1.1\r\n${HOST}x-request-id: a\0b\r\n\r\n`],
    ['letters outside ASCII in the query', `GET /images?user_id=é HTTP/1.1\r\n${HOST}\r\n`],
    ['headers of 20 KB', `GET /health HTTP/1.1\r\n${HOST}x-long: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a query of 20 KB', `GET /images?user_id=${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`],
  ])('%s', async (_what, sent) => {
    const connection = await Connection.open(server.url);
    await connection.send(sent);
    await problemOf(connection, 'invalid_request');
    await connection.closed();
    expect(await server.files()).toEqual([]);
  });

  it.each([
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 'invalid_request'],
    ['a Host that is none', 'GET /health HTTP/1.1\r\nhost: a b\r\n\r\n', 'invalid_request'],
    ['a backslash in the path', `GET /a\\b HTTP/1.1\r\n${HOST}\r\n`, 'invalid_request'],
    ['no path', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 'invalid_request'],
    ['a fragment', `GET /images?user_id=a#b HTTP/1.1\r\n${HOST}\r\n`, 'invalid_request'],
    ['another Host', 'GET /health HTTP/1.1\r\nhost: evil.example\r\n\r\n', 'forbidden'],
    [
      'an address in the request line',
      'GET http://evil.example/nothing HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
      'not_found',
    ],
    ['an object out of its folder', `GET /objects/../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, 'not_found'],
  ] as const)('%s: a problem, and the connection goes on', async (_what, sent, code) => {
    const connection = await Connection.open(server.url);
    await connection.send(sent);
    await problemOf(connection, code);
    await connection.send(HEALTH);
    expect((await connection.answer()).status).toBe(200);
    connection.end();
  });

  it('a body on GET is passed over', async () => {
    const connection = await Connection.open(server.url);
    await connection.send(`GET /health HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello${HEALTH}`);
    for (let n = 0; n < 2; n++) expect((await connection.answer()).status).toBe(200);
    connection.end();
  });
});

describe('how long headers may be', () => {
  const server = useServer({ variables: { MAX_HEADER_BYTES: '4096' } });

  it.each([
    [3000, 200],
    [5000, 400],
  ])('is configured: with %d bytes more the answer is %d', async (length, status) => {
    const connection = await Connection.open(server.url);
    await connection.send(`GET /health HTTP/1.1\r\n${HOST}x-long: ${'x'.repeat(length)}\r\n\r\n`);
    expect((await connection.answer()).status).toBe(status);
    connection.end();
  });
});

describe('a request that takes too long to arrive', () => {
  /** As the server has it, but that its time is up at once. */
  let server: Server;
  let url = '';
  const answerAtOnce: RequestListener = (_incoming, outgoing) => void outgoing.end('done');
  beforeAll(async () => {
    server = createServer({ requestTimeout: 20, headersTimeout: 10, connectionsCheckingInterval: 10 });
    server.on('clientError', (error, socket) => answerBrokenRequest(error, socket, undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('is 408, whether its headers or its body are missing', async () => {
    server.on('request', () => {});
    for (const sent of ['GET /health HT', post('image/png', 100)]) {
      const connection = await Connection.open(url);
      await connection.send(sent);
      await problemOf(connection, 'timeout');
      await connection.closed();
    }
    server.removeAllListeners('request');
  });

  it('is not answered twice', async () => {
    server.removeAllListeners('clientError');
    server.on('request', (incoming, outgoing) => {
      server.once('clientError', (error, socket) => answerBrokenRequest(error, socket, outgoing));
      answerAtOnce(incoming, outgoing);
    });
    const connection = await Connection.open(url);
    await connection.send(post('image/png', 100));
    expect((await connection.answer()).body).toContain('done');
    await connection.closed();
    await expect(connection.answer()).rejects.toThrow('before the answer');
  });
});

describe('stop()', () => {
  it('finishes an upload and a download in flight, then takes no connection; all is there afterwards', async () => {
    await using folder = await scratchFolder();
    const server = await openServer(folder.path);
    const image = newPng(8 * 1024 * 1024);
    const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(image) };
    const before = await expectImage(await fetch(`${server.url}/images?user_id=alice`, init), 201);
    const idle = await Connection.open(server.url);
    await idle.send(HEALTH);
    expect((await idle.answer()).status).toBe(200);
    const uploading = await Connection.open(server.url);
    await uploading.send(post('image/png', image.length), image.subarray(0, 4_000_000));
    const download = await fetch(before.url ?? '');
    await until(
      async () => (await server.files()).some((file) => file.startsWith('incoming/')),
      'the upload to begin',
    );
    let isStopped = false;
    const stopped = server.stop().then(() => {
      isStopped = true;
    });
    await idle.closed();
    await expect(Connection.open(server.url)).rejects.toThrow('ECONNREFUSED');
    expect(isStopped).toBe(false);
    await uploading.send(image.subarray(4_000_000));
    const during = await expectImage(responseOf(await uploading.answer()), 201);
    expect(Buffer.from(await download.bytes()).equals(image)).toBe(true);
    await stopped;
    await uploading.closed();
    const again = await openServer(folder.path);
    for (const { image_id } of [before, during]) {
      const { url } = await expectImage(await fetch(`${again.url}/images/${image_id}`));
      expect(Buffer.from(await (await fetch(url ?? '')).bytes()).equals(image)).toBe(true);
    }
    await again.stop();
  });

  it('ends at once where nothing is in flight', async () => {
    await using folder = await scratchFolder();
    const server = await openServer(folder.path);
    await expectImage(
      await fetch(`${server.url}/images?user_id=alice`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(newPng()),
      }),
      201,
    );
    await server.stop();
    await expect(Connection.open(server.url)).rejects.toThrow('ECONNREFUSED');
  });
});
