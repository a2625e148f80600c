import { describe, expect, it } from 'vitest';
import { expectImage, expectProblem } from '../support/answers.ts';
import { Connection, until } from '../support/connection.ts';
import { useServer } from '../support/running-server.ts';
import { newPng, postJson, uploadCall } from '../support/uploads.ts';
import { report, TORTURE, tries } from './support/torture.ts';

const HOST = 'host: 127.0.0.1\r\n';
const IMAGE = newPng();
const TYPE = 'content-type: image/png\r\n';

/** The head of an upload whose framing is odd. */
const head = (framing: string) => `POST /images?user_id=smuggler HTTP/1.1\r\n${HOST}${TYPE}${framing}\r\n`;
const chunked = (bytes: Buffer, end = '\r\n') =>
  Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}${end}`),
    bytes,
    Buffer.from(`${end}0${end}${end}`),
  ]);

/** Requests of which two readers may see different ends; what follows the first end is another request. */
const SMUGGLING: readonly (readonly [what: string, head: string, body: Buffer])[] = [
  ['chunks and a length', head('transfer-encoding: chunked\r\ncontent-length: 4\r\n'), chunked(IMAGE)],
  ['a length and chunks', head('content-length: 4\r\ntransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['two lengths', head(`content-length: ${IMAGE.length}\r\ncontent-length: 1\r\n`), IMAGE],
  ['two equal lengths', head(`content-length: ${IMAGE.length}\r\n`.repeat(2)), IMAGE],
  ['two lengths in one', head(`content-length: ${IMAGE.length}, ${IMAGE.length}\r\n`), IMAGE],
  ['a length with a sign', head(`content-length: +${IMAGE.length}\r\n`), IMAGE],
  ['a length in hex', head(`content-length: 0x${IMAGE.length.toString(16)}\r\n`), IMAGE],
  ['a length without end', head(`content-length: ${'9'.repeat(40)}\r\n`), IMAGE],
  ['a length over two lines', head(`content-length:\r\n ${IMAGE.length}\r\n`), IMAGE],
  ['a space before the colon', head('transfer-encoding : chunked\r\n'), chunked(IMAGE)],
  ['a folded header', head('x-a: b\r\n c\r\ntransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['a folded coding', head('transfer-encoding:\r\n chunked\r\n'), chunked(IMAGE)],
  ['a coding that is none', head('transfer-encoding: xchunked\r\n'), chunked(IMAGE)],
  ['a coding after chunked', head('transfer-encoding: chunked, identity\r\n'), chunked(IMAGE)],
  [
    'two codings, the last unknown',
    head('transfer-encoding: chunked\r\ntransfer-encoding: x\r\n'),
    chunked(IMAGE),
  ],
  [
    'lines that end in LF alone',
    head('transfer-encoding: chunked\r\n').replaceAll('\r\n', '\n'),
    chunked(IMAGE),
  ],
  ['one line that ends in LF alone', head('x: y\ntransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['a CR alone in a header', head('x: y\rtransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['chunks that end in LF alone', head('transfer-encoding: chunked\r\n'), chunked(IMAGE, '\n')],
  [
    'a chunk size of too many digits',
    head('transfer-encoding: chunked\r\n'),
    Buffer.from(`${'0'.repeat(15)}${'f'.repeat(17)}\r\n`),
  ],
  [
    'a chunk size with a sign',
    head('transfer-encoding: chunked\r\n'),
    Buffer.concat([Buffer.from('-'), chunked(IMAGE)]),
  ],
  [
    'a chunk longer than it says',
    head('transfer-encoding: chunked\r\n'),
    Buffer.concat([Buffer.from('5\r\n'), IMAGE, Buffer.from('\r\n0\r\n\r\n')]),
  ],
  ['NUL in a name', head('x\0y: 1\r\ntransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['a header without a name', head(': x\r\ntransfer-encoding: chunked\r\n'), chunked(IMAGE)],
  ['a header without a colon', head('transfer-encoding chunked\r\n'), chunked(IMAGE)],
];

describe('a request whose end two readers may see in different places', () => {
  const server = useServer();
  const figures = { sent: 0, hidden_and_done: 0 };

  it.each(SMUGGLING)(
    '%s: refused, the connection ends, and what is hidden behind it is not done',
    async (_what, sent, body) => {
      const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'victim' });
      const { image_id } = await expectImage(await fetch(`${server.url}${path}`, init), 201);
      const before = await server.count();
      const hidden = `DELETE /images/${image_id} HTTP/1.1\r\n${HOST}\r\n`;
      const connection = await Connection.open(server.url);
      await connection.send(sent, body, hidden);
      const { status, headers, body: text } = await connection.answer();
      await expectProblem(new Response(text, { status, headers }), 'invalid_request');
      await connection.closed();
      await expect(connection.answer()).rejects.toThrow('before the answer');
      expect((await fetch(`${server.url}/images/${image_id}`)).status).toBe(200);
      expect(await server.count()).toBe(before);
      figures.sent++;
      report('smuggling', figures);
    },
  );
});

/** Names that would lead out of a folder, as they stand on the wire. */
const DETOURS = [
  '..',
  '%2e%2e',
  '..%2f..%2f..%2fetc%2fpasswd',
  '..%5c..%5cx',
  '%252e%252e%252fx',
  '.%00/..%00/',
  '%c0%ae%c0%ae%c0%afx',
  '....//....//x',
  '..;/..;/x',
  '%2fetc%2fpasswd',
  'signing-secret',
  '..%2fsigning-secret',
  '%ff%fe',
  '~',
  'con',
  'x'.repeat(4000),
];

const BELOW = [
  '/images/%/parts',
  '/images/%',
  '/images/%/content',
  '/images/%/links',
  '/images/%/versions',
  '/images/%/renditions/thumb',
  '/images/x/renditions/%',
  '/images/x/links/%',
  '/links/%',
  '/users/%/usage',
  '/webhooks/%/deliveries',
  '/objects/%',
  '/objects/.uploads/%',
  '/docs/%',
  '/gallery/%',
  '/%',
];

describe('a name that leads out of its folder', () => {
  const server = useServer({ variables: { WEBHOOKS: 'on' } });

  it('leads nowhere, in the place of every id and key, and gives nothing away', async () => {
    let asked = 0;
    const statuses = new Map<number, number>();
    for (const template of BELOW) {
      for (const detour of DETOURS) {
        const connection = await Connection.open(server.url);
        await connection.send(
          `GET ${template.replace('%', detour)} HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`,
        );
        const { status, headers, body } = await connection.answer();
        connection.end();
        asked++;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status, template + detour).toBeLessThan(500);
        expect(body).not.toMatch(/root:|node_modules|SQLITE|\bat .+:\d+:\d+/);
        // Who an id belongs to, and the gallery's own page, are no files of anybody's.
        if (status === 200)
          expect(['application/json', 'text/html; charset=utf-8', 'text/html']).toContain(
            headers.get('content-type'),
          );
      }
    }
    report('detours', {
      asked,
      ...Object.fromEntries([...statuses].map(([status, times]) => [`answered_${status}`, times])),
    });
    expect(asked).toBe(BELOW.length * DETOURS.length);
  });
});

describe('JSON that nests without end', () => {
  const server = useServer();

  it.each([
    ['lists', '['],
    ['objects', '{"a":'],
    ['lists in a title', '{"user_id":"alice","title":['],
  ])('%s: refused, and others are served', async (_what, opening) => {
    const text = opening.startsWith('{"user') ? opening + '['.repeat(500_000) : opening.repeat(200_000);
    const { path, init } = postJson(text);
    const response = await fetch(`${server.url}${path}`, init);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

const SLOW = tries({ short: 40, long: 200 });

describe('callers that take their time, break off, or say nothing more', () => {
  const server = useServer({
    variables: TORTURE
      ? { HEADERS_TIMEOUT_SECONDS: '2', BODY_TIMEOUT_SECONDS: '3', IDLE_TIMEOUT_SECONDS: '2' }
      : { HEADERS_TIMEOUT_SECONDS: '1', BODY_TIMEOUT_SECONDS: '1', IDLE_TIMEOUT_SECONDS: '1' },
  });
  const large = newPng(400_000);
  const begun = `POST /images?user_id=slow HTTP/1.1\r\n${HOST}${TYPE}content-length: ${large.length}\r\n\r\n`;

  it('many at once do not keep others from being served, and leave nothing', async () => {
    const beginnings: readonly (readonly (string | Uint8Array)[])[] = [
      [],
      ['GET /hea'],
      [`GET /health HTTP/1.1\r\n${HOST}x: `],
      [begun],
      [begun, large.subarray(0, 200_000)],
    ];
    const slow = await Promise.all(
      Array.from({ length: SLOW }, async (_, nth) => {
        const connection = await Connection.open(server.url);
        await connection.send(...(beginnings[nth % beginnings.length] ?? []));
        // A third resets and a third says that it has said everything, in the middle.
        if (nth % 3 === 1) connection.reset();
        if (nth % 3 === 2) connection.end();
        return connection;
      }),
    );
    let served = 0;
    const serveOthers = async () => {
      const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'quick' });
      await expectImage(await fetch(`${server.url}${path}`, init), 201);
      served++;
    };
    while (served < 20) await serveOthers();
    await Promise.all(slow.map((connection) => connection.closed()));
    await serveOthers();
    const begunFiles = async () => (await server.files()).filter((name) => name.startsWith('incoming/'));
    await until(async () => (await begunFiles()).length === 0, 'the rest to be taken back');
    report('slow-callers', { slow: slow.length, served_meanwhile: served - 1, left_of_them: 0 });
    expect(await server.count()).toBe(served);
  });
});
