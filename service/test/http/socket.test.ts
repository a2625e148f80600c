import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectImage, expectProblem } from '../support/answers.ts';
import { Connection, type RawAnswer, until } from '../support/connection.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { png } from '../support/png.ts';
import { useServer } from '../support/running-server.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes, newPng } from '../support/uploads.ts';

const MIB = 1024 * 1024;
/** The limit is 50 MiB unless the configuration says otherwise. */
const TOO_LARGE = png({ size: 60 * MIB });
const user = { user_id: 'alice' };

/** The head of a POST, its body's length said as a test wants it said. */
const head = (type: string, length: string, more = '') =>
  `POST /images${type === 'image/png' ? '?user_id=alice' : ''} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\n${length}\r\n${more}\r\n`;
const ofLength = (length: number) => `content-length: ${length}`;
const CHUNKED = 'transfer-encoding: chunked';
const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** Each form's content type and body. */
const BODIES: readonly (readonly [form: string, type: string, body: (image: Buffer) => Buffer])[] = [
  ['raw bytes', 'image/png', (image) => image],
  ['a form', MULTIPART, (image) => multipartBytes([...fieldParts(user), filePart('file', image)])],
  [
    'JSON',
    'application/json',
    (image) => Buffer.from(JSON.stringify({ ...user, image_data: image.toString('base64') })),
  ],
];

/** What is sent by the tens of megabytes: in every run by one form, the one that has the least work beside it. */
const SENT_AT_LENGTH = LARGE ? BODIES : BODIES.slice(0, 1);

const problemOf = (answer: RawAnswer, code: Parameters<typeof expectProblem>[1]) =>
  expectProblem(new Response(answer.body, { status: answer.status, headers: answer.headers }), code);

const piecesOf = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));

describe('60 MB where 50 MiB are allowed: the caller can read its 413, and nothing is left', () => {
  const server = useServer();

  it.each(SENT_AT_LENGTH)('%s by fetch, announced and in pieces', async (_form, type, body) => {
    const bytes = body(TOO_LARGE);
    const url = `${server.url}/images${type === 'image/png' ? '?user_id=alice' : ''}`;
    const headers = { 'content-type': type };
    for (const sent of [bytes, ReadableStream.from(piecesOf(bytes, MIB))]) {
      const init = {
        method: 'POST',
        headers,
        body: sent as Uint8Array<ArrayBuffer>,
        duplex: 'half' as const,
      };
      await expectProblem(await fetch(url, init), 'payload_too_large');
    }
    expect(await server.files()).toEqual([]);
  });

  it.each(SENT_AT_LENGTH.slice(0, 2))(
    '%s by a caller that reads nothing before it has sent everything, slowly',
    async (_form, type, body) => {
      const bytes = body(TOO_LARGE);
      const connection = await Connection.open(server.url, { reads: false });
      await connection.send(head(type, ofLength(bytes.length)));
      for (const piece of piecesOf(bytes, 5 * MIB)) {
        await connection.send(piece);
        // Being slow is what this is about: a server that does not wait for the rest resets the connection.
        await wait(120);
      }
      connection.read();
      await problemOf(await connection.answer(), 'payload_too_large');
      expect(connection.failure).toBeUndefined();
      connection.end();
      expect(await server.files()).toEqual([]);
    },
  );

  it('by a caller that sends far more than that before it reads', async (context) => {
    onlyWhenLarge(context);
    const length = 150 * MIB;
    const connection = await Connection.open(server.url, { reads: false });
    await connection.send(head('image/png', ofLength(length)));
    for (let sent = 0; sent < length; sent += MIB) await connection.send(TOO_LARGE.subarray(0, MIB));
    connection.read();
    await problemOf(await connection.answer(), 'payload_too_large');
    connection.end();
    expect(await server.files()).toEqual([]);
  });

  it('in chunks: the answer comes while the caller still sends', async () => {
    const connection = await Connection.open(server.url);
    await connection.send(head('image/png', CHUNKED));
    let answered = false;
    const answer = connection.answer().finally(() => {
      answered = true;
    });
    const pieces = piecesOf(TOO_LARGE, MIB);
    let sent = 0;
    await connection.send(chunk(pieces[0] ?? Buffer.alloc(0)));
    while (!answered) {
      await connection.send(chunk(pieces[1 + (sent % 50)] ?? Buffer.alloc(0)));
      // More than this is in no buffer between the two: the server has it and has not answered.
      if (++sent > 500) throw new Error('There is no answer.');
    }
    await problemOf(await answer, 'payload_too_large');
    expect(await server.files()).toEqual([]);
    await connection.send('0\r\n\r\nGET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    expect((await connection.answer()).status).toBe(200);
    connection.end();
  });
});

const run = promisify(execFile);

describe('curl with 60 MB', async () => {
  const hasCurl = await run('curl', ['--version']).then(
    () => true,
    () => false,
  );
  const server = useServer();
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tintype-curl-'));
    await writeFile(join(folder, 'large.png'), TOO_LARGE);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.for([
    ['raw', ['-H', 'content-type: image/png', '--data-binary', '@large.png']],
    [
      'raw, without asking first',
      ['-H', 'Expect:', '-H', 'content-type: image/png', '--data-binary', '@large.png'],
    ],
    [
      'raw, in chunks',
      ['-H', 'content-type: image/png', '-H', 'transfer-encoding: chunked', '-X', 'POST', '-T', 'large.png'],
    ],
    ['a form', ['-F', 'file=@large.png', '-F', 'user_id=alice']],
  ] as const)('%s: it prints the problem', async ([form, more], context) => {
    const { skip } = context;
    if (form !== 'raw') onlyWhenLarge(context);
    if (!hasCurl) skip('curl is not installed here');
    const url = `${server.url}/images${form === 'a form' ? '' : '?user_id=alice'}`;
    const { stdout } = await run('curl', ['-sS', '--max-time', '50', '-w', '\n%{http_code}', ...more, url], {
      cwd: folder,
    });
    const [body = '', status] = stdout.split('\n');
    expect(status).toBe('413');
    expect(JSON.parse(body)).toMatchObject({ code: 'payload_too_large', status: 413 });
    expect(await server.files()).toEqual([]);
  });
});

describe('a body that is not what its Content-Length says leaves nothing', () => {
  const server = useServer();
  const goings = { 'says that this is all': 'end', vanishes: 'vanish', resets: 'reset' } as const;

  describe.each(BODIES)('%s', (_form, type, body) => {
    it.each(Object.entries(goings))('less than announced, and then the caller %s', async (_what, go) => {
      for (const image of [newPng(), newPng(3 * MIB)]) {
        const bytes = body(image);
        const connection = await Connection.open(server.url);
        await connection.send(head(type, ofLength(bytes.length + 1)), bytes);
        connection[go]();
        await connection.closed();
        await until(async () => (await server.files()).length === 0, 'nothing to be left');
      }
      expect(await server.count()).toBe(0);
    });

    it('less than announced, said outright: 400', async () => {
      const connection = await Connection.open(server.url);
      const bytes = body(newPng());
      await connection.send(head(type, ofLength(bytes.length + 1)), bytes);
      connection.end();
      await problemOf(await connection.answer(), 'invalid_request');
      await connection.closed();
      expect(await server.files()).toEqual([]);
    });
  });

  it.each([
    ['a form', 'invalid_request'],
    ['JSON', 'invalid_request'],
  ] as const)(
    '%s, more than announced: what was announced is not whole, the rest no request',
    async (form, code) => {
      const [, type = '', body = Buffer.from] = BODIES.find(([name]) => name === form) ?? [];
      const bytes = body(newPng());
      const connection = await Connection.open(server.url);
      await connection.send(Buffer.concat([Buffer.from(head(type, ofLength(bytes.length - 10))), bytes]));
      await problemOf(await connection.answer(), code);
      await problemOf(await connection.answer(), 'invalid_request');
      await connection.closed();
      expect(await server.files()).toEqual([]);
    },
  );

  it('raw bytes, more than announced: a header cut off is 422, and the rest no request', async () => {
    const connection = await Connection.open(server.url);
    await connection.send(Buffer.concat([Buffer.from(head('image/png', ofLength(20))), newPng()]));
    await problemOf(await connection.answer(), 'unprocessable_image');
    await problemOf(await connection.answer(), 'invalid_request');
    await connection.closed();
    expect(await server.files()).toEqual([]);
  });
});

describe('more than was announced after an image that was', () => {
  const server = useServer();

  it('the image is stored as announced and its answer arrives, whatever comes after it', async () => {
    const image = newPng();
    const connection = await Connection.open(server.url);
    await connection.send(
      Buffer.concat([Buffer.from(head('image/png', ofLength(image.length))), image, Buffer.from('more\r\n')]),
    );
    const { status, headers, body } = await connection.answer();
    const stored = await expectImage(new Response(body, { status, headers }), 201);
    expect(stored.size_bytes).toBe(image.length);
    await problemOf(await connection.answer(), 'invalid_request');
    await connection.closed();
    expect(await server.count()).toBe(1);
  });
});

describe('a caller that goes away', () => {
  const server = useServer();

  describe.each(BODIES)('%s', (_form, type, body) => {
    it.each(['vanish', 'reset', 'end'] as const)(
      'in the middle of an upload (%s): nothing is left',
      async (go) => {
        const bytes = body(newPng(8 * MIB));
        for (const length of [ofLength(bytes.length), CHUNKED]) {
          const connection = await Connection.open(server.url);
          const half = bytes.subarray(0, bytes.length / 2);
          await connection.send(head(type, length), length === CHUNKED ? chunk(half) : half);
          if (type !== 'application/json') {
            await until(async () => (await server.files()).length > 0, 'the upload to begin');
          }
          connection[go]();
          await connection.closed();
          await until(async () => (await server.files()).length === 0, 'nothing to be left');
        }
        expect(await server.count()).toBe(0);
      },
    );
  });

  it('in the middle of a download: the server goes on', async () => {
    const image = newPng(20 * MIB);
    const headers = { 'content-type': 'image/png' };
    const init = { method: 'POST', headers, body: new Uint8Array(image) };
    const { url } = await expectImage(await fetch(`${server.url}/images?user_id=bob`, init), 201);
    const { pathname, search } = new URL(url ?? '');
    for (const go of ['vanish', 'reset'] as const) {
      const connection = await Connection.open(server.url, { reads: false });
      await connection.send(`GET ${pathname}${search} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      connection[go]();
      await connection.closed();
    }
    const whole = await (await fetch(url ?? '')).bytes();
    expect(Buffer.from(whole).equals(image)).toBe(true);
  });
});
