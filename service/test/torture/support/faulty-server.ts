import { expect } from 'vitest';
import { checksumAt, sendUpload, sha256 } from '../../process/calls.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { SMALL_IMAGES } from '../../support/small-images.ts';

/** An image that is there before anything fails. */
export interface Witness {
  readonly image_id: string;
  readonly url: string;
  readonly sha256: string;
}

/** A PNG of several chunks on its way, of which no two are alike. */
export function newPng(size = 150_000): Buffer<ArrayBuffer> {
  return Buffer.concat([SMALL_IMAGES['image/png'].bytes, Buffer.alloc(size, crypto.randomUUID())]);
}

export async function upload(server: ServerProcess, user_id = 'alice', bytes = newPng()): Promise<Response> {
  return sendUpload(server.url, 'raw', { bytes, user_id, title: 'while it fails' });
}

export async function witness(server: ServerProcess): Promise<Witness> {
  const bytes = newPng();
  const response = await upload(server, 'witness', bytes);
  expect(response.status).toBe(201);
  const { image_id, url } = (await response.json()) as { image_id: string; url: string };
  return { image_id, url, sha256: sha256(bytes) };
}

/** An answer that says that it is ours to mend, and by which its log is found. */
export async function expectFailure(
  response: Response,
  statuses: readonly number[] = [503, 507],
): Promise<void> {
  const problem = (await response.json()) as { status?: number; code?: string; request_id?: string };
  expect(statuses, JSON.stringify(problem)).toContain(response.status);
  expect(problem.status).toBe(response.status);
  expect(problem.request_id).toMatch(/^[\w-]{8,}$/);
  expect(response.headers.get('x-request-id')).toBe(problem.request_id);
}

/** What is promised while storage fails: nothing is acknowledged, what is there is served, and it is said. */
export async function expectFailing(
  server: ServerProcess,
  { image_id, url, sha256 }: Witness,
): Promise<void> {
  const usage = await usageOf(server);
  await expectFailure(await upload(server));
  await expectFailure(await fetch(`${server.url}/ready`), [503]);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/images/${image_id}`)).status).toBe(200);
  expect((await fetch(`${server.url}/images?user_id=witness`)).status).toBe(200);
  expect(await checksumAt(url)).toBe(sha256);
  expect(await usageOf(server)).toEqual(usage);
}

/** It comes back by itself, with nothing lost. */
export async function expectBack(server: ServerProcess, { url, sha256 }: Witness): Promise<void> {
  const ready = await fetch(`${server.url}/ready`);
  expect(ready.status, await ready.text()).toBe(200);
  const stored = await upload(server);
  expect(stored.status, await stored.clone().text()).toBe(201);
  expect(await checksumAt(url)).toBe(sha256);
}

export async function usageOf(server: ServerProcess, user = 'alice'): Promise<unknown> {
  const response = await fetch(`${server.url}/users/${user}/usage`);
  expect(response.status).toBe(200);
  return response.json();
}
