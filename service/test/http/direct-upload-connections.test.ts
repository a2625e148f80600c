import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import type { UploadStore } from '../../src/ports/upload-store.ts';
import { expectProblem } from '../support/answers.ts';
import { Connection, type RawAnswer, until } from '../support/connection.ts';
import {
  arrivedAt,
  grantFor,
  inSeconds,
  newUploadKey,
  postRequest,
  putRequest,
  type SentRequest,
  uploadKeys,
} from '../support/direct-uploads.ts';
import { openServer, type TestServer } from '../support/running-server.ts';
import { bytesOf, MIB } from '../support/stored-bytes.ts';
import { uploadsOfFolder } from '../support/uploads-of-folder.ts';

const BYTES = bytesOf(3 * MIB);
const HEALTH = 'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

const problemOf = (answer: RawAnswer, code: ErrorCode) =>
  expectProblem(new Response(answer.body, { status: answer.status, headers: answer.headers }), code);

/** What goes before the body of a request. */
function headOf(url: string, { method, headers }: SentRequest, length: string): string {
  const target = url.slice(new URL(url).origin.length);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}${length}\r\n\r\n`;
}

const lengthOf = (bytes: number) => `content-length: ${bytes}`;

describe('direct uploads on a connection', () => {
  let dataDir = '';
  let server: TestServer;
  let uploads: UploadStore;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tintype-socket-'));
    server = await openServer(dataDir);
    uploads = await uploadsOfFolder(dataDir, server.url);
  });
  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true });
  });

  const incoming = () => readdir(join(dataDir, 'incoming'));

  async function described(kind: 'PUT' | 'form' | 'part') {
    const key = newUploadKey();
    if (kind === 'PUT') {
      const presigned = await uploads.presignPut(key, grantFor(BYTES));
      return { url: presigned.url, request: putRequest(presigned, BYTES) };
    }
    if (kind === 'form') {
      const presigned = await uploads.presignPost(key, grantFor(BYTES));
      return { url: presigned.url, request: postRequest(presigned, BYTES) };
    }
    const parts_id = await uploads.beginParts(key, 'image/jpeg');
    const part = { number: 1, size_bytes: BYTES.length, expires_at: inSeconds(600) };
    const url = await uploads.presignPart(key, parts_id, part);
    return { url, request: { method: 'PUT', headers: {}, body: BYTES } as const };
  }

  it.each([
    ['PUT', 'vanishes'],
    ['PUT', 'resets the connection'],
    ['form', 'vanishes'],
    ['form', 'resets the connection'],
    ['part', 'vanishes'],
  ] as const)('of a %s whose sender %s after two thirds nothing is left', async (kind, how) => {
    const { url, request } = await described(kind);
    const connection = await Connection.open(server.url);
    await connection.send(headOf(url, request, lengthOf(request.body.length)));
    await connection.send(request.body.subarray(0, 2 * MIB));
    await until(async () => (await incoming()).length === 1, 'the first bytes on the disk');
    if (how === 'vanishes') connection.vanish();
    else connection.reset();
    await until(async () => (await incoming()).length === 0, 'the end of what had come');
    expect(await uploadKeys(uploads)).toEqual([]);
  });

  it('a PUT that announces too much or too little is answered before its bytes are sent', async () => {
    for (const [length, code] of [
      [BYTES.length + 1, 'payload_too_large'],
      [BYTES.length - 1, 'invalid_request'],
    ] as const) {
      const { url, request } = await described('PUT');
      const connection = await Connection.open(server.url);
      await connection.send(headOf(url, request, lengthOf(length)));
      await problemOf(await connection.answer(), code);
      connection.vanish();
    }
    expect(await incoming()).toEqual([]);
  });

  it('a form is answered at its first byte too many, before the rest is sent', async () => {
    const presigned = await uploads.presignPost(newUploadKey(), grantFor(bytesOf(1000)));
    const request = postRequest(presigned, bytesOf(200_000));
    const connection = await Connection.open(server.url);
    await connection.send(headOf(presigned.url, request, lengthOf(request.body.length)));
    await connection.send(request.body.subarray(0, 100_000));
    await problemOf(await connection.answer(), 'payload_too_large');
    connection.vanish();
    expect(await incoming()).toEqual([]);
    expect(await uploadKeys(uploads)).toEqual([]);
  });

  it('a form that nobody has granted is answered when its file begins, before the rest is sent', async () => {
    const presigned = await uploads.presignPost(newUploadKey(), grantFor(BYTES));
    const fields = { ...presigned.fields, key: newUploadKey('bob') };
    const request = postRequest({ fields }, BYTES);
    const connection = await Connection.open(server.url);
    await connection.send(headOf(presigned.url, request, lengthOf(request.body.length)));
    await connection.send(request.body.subarray(0, 50_000));
    await problemOf(await connection.answer(), 'forbidden');
    connection.vanish();
    expect(await incoming()).toEqual([]);
  });

  it('a PUT without a length is refused, as S3 does', async () => {
    const { url, request } = await described('PUT');
    const connection = await Connection.open(server.url);
    await connection.send(headOf(url, request, 'transfer-encoding: chunked'));
    await problemOf(await connection.answer(), 'invalid_request');
    connection.vanish();
  });

  it('a path with a detour is refused as it was sent', async () => {
    const { url, request } = await described('PUT');
    const connection = await Connection.open(server.url);
    const detour = url.replace('/alice/', '/alice/../alice/');
    expect(detour).not.toBe(url);
    await connection.send(headOf(detour, request, lengthOf(request.body.length)));
    await problemOf(await connection.answer(), 'forbidden');
    connection.vanish();
  });

  it.each([
    ['PUT', (url: string) => `${url}1`, 'forbidden'],
    ['form', (url: string) => `${url}x`, 'forbidden'],
    ['form', (url: string) => url, 'forbidden'],
  ] as const)(
    'after a refused %s the connection goes on with the next request',
    async (kind, change, code) => {
      const { url, request } = await described(kind);
      const connection = await Connection.open(server.url, { reads: false });
      const body = Buffer.from(request.body);
      // In a form, the first field's value.
      body[body.indexOf('.uploads')] = 0x41;
      await connection.send(headOf(change(url), request, lengthOf(body.length)), body, HEALTH);
      connection.read();
      await problemOf(await connection.answer(), code);
      expect((await connection.answer()).status).toBe(200);
      connection.vanish();
    },
  );

  it('a sender that waits for 100 Continue gets it, and its bytes arrive in pieces of any size', async () => {
    const key = newUploadKey();
    const presigned = await uploads.presignPut(key, grantFor(BYTES));
    const request = putRequest(presigned, BYTES);
    const connection = await Connection.open(server.url);
    await connection.send(
      headOf(presigned.url, request, `expect: 100-continue\r\n${lengthOf(BYTES.length)}`),
    );
    expect((await connection.answer()).status).toBe(100);
    for (let at = 0; at < BYTES.length; at += 9973) await connection.send(BYTES.subarray(at, at + 9973));
    expect((await connection.answer()).status).toBe(200);
    expect((await arrivedAt(uploads, key))?.bytes.equals(BYTES)).toBe(true);
    await uploads.discard(key);
    connection.vanish();
  });
});
