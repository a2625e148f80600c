import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { UploadStore } from '../../src/ports/upload-store.ts';
import {
  grantFor,
  inSeconds,
  newUploadKey,
  postRequest,
  putRequest,
  type SentRequest,
} from '../support/direct-uploads.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, storedFiles } from '../support/server-process.ts';
import { bytesOf, MIB } from '../support/stored-bytes.ts';
import { uploadsOfFolder } from '../support/uploads-of-folder.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

const BYTES = bytesOf(40 * MIB);
const PART = 16 * MIB;

/**
 * How far above what it has when idle the server's resident memory may get. Held whole, an upload would
 * take its 40 MiB, and once more wherever it is put together; the ten at once below would take 400.
 */
const MEMORY_GROWTH = 128 * MIB;

async function send(url: string, { method, headers, body }: SentRequest): Promise<number> {
  const response = await fetch(url, { method, headers, body: body as Buffer<ArrayBuffer> });
  await response.arrayBuffer();
  return response.status;
}

async function checksumOf(uploads: UploadStore, key: string): Promise<string> {
  const upload = await uploads.open(key);
  const hash = createHash('sha256');
  for await (const piece of upload?.stream(0, upload.size_bytes) ?? []) hash.update(piece);
  await upload?.close();
  return hash.digest('hex');
}

test('ten uploads of 40 MiB at once, by PUT, form and in parts, never lie in memory, and survive a restart', async () => {
  const server = await startServerProcess();
  const uploads = await uploadsOfFolder(server.dataDir, server.url);
  const idle = await server.rss();
  const grant = grantFor(BYTES);
  const keys = Array.from({ length: 8 }, () => newUploadKey());
  const sent = keys.map(async (key, index) => {
    if (index % 2 === 0) {
      const presigned = await uploads.presignPut(key, grant);
      return send(presigned.url, putRequest(presigned, BYTES));
    }
    const presigned = await uploads.presignPost(key, grant);
    return send(presigned.url, postRequest(presigned, BYTES));
  });
  const inParts = [newUploadKey('bob'), newUploadKey('carol')].map(async (key) => {
    const parts_id = await uploads.beginParts(key, 'image/jpeg');
    for (let number = 1; (number - 1) * PART < BYTES.length; number++) {
      const body = BYTES.subarray((number - 1) * PART, number * PART);
      const part = { number, size_bytes: body.length, expires_at: inSeconds(600) };
      const url = await uploads.presignPart(key, parts_id, part);
      expect(await send(url, { method: 'PUT', headers: {}, body })).toBe(200);
    }
    return { key, parts_id };
  });
  expect(await Promise.all(sent)).toEqual(keys.map((_key, index) => (index % 2 === 0 ? 200 : 204)));
  const begun = await Promise.all(inParts);
  expect((await server.peakRss()) - idle).toBeLessThan(MEMORY_GROWTH);
  expect(await storedFiles(server.dataDir)).toEqual({ objects: [], incoming: [] });
  expect(await server.stop()).toBe(0);
  expect(server.logs().stderr).toEqual([]);

  const again = await startServerProcess({ dataDir: server.dataDir });
  for (const { key, parts_id } of begun) {
    const parts = (await uploads.listParts(key, parts_id)) ?? [];
    expect(parts.map(({ size_bytes }) => size_bytes)).toEqual([PART, PART, 8 * MIB]);
    await uploads.joinParts(key, parts_id, parts);
  }
  for (const key of [...keys, ...begun.map(({ key: joined }) => joined)]) {
    expect(await checksumOf(uploads, key)).toBe(grant.checksum_sha256);
  }
  expect(await again.stop()).toBe(0);
});
