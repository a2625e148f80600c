import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { z } from 'zod';
import { imageListSchema, imageSchema, type imageSummarySchema } from '../../src/http/schemas.ts';
import { type ServerProcess, type StoredFiles, storedFiles } from '../support/server-process.ts';

const PATIENCE = { timeout: 20_000, interval: 50 };

export type Image = z.output<typeof imageSchema>;
export type ImageSummary = z.output<typeof imageSummarySchema>;

/** The three forms in which an upload may come. */
export const UPLOAD_FORMS = ['json', 'multipart', 'raw'] as const;
export type UploadForm = (typeof UPLOAD_FORMS)[number];

export interface Upload {
  readonly bytes: Uint8Array;
  readonly user_id: string;
  readonly filename?: string;
  readonly title?: string;
  readonly tags?: readonly string[];
}

/** Sends an upload in one of its forms. */
export function sendUpload(url: string, form: UploadForm, upload: Upload): Promise<Response> {
  const { bytes, ...fields } = upload;
  if (form === 'json') {
    const image_data = Buffer.from(bytes).toString('base64');
    return fetch(`${url}/images/upload`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...fields, image_data }),
    });
  }
  const texts = Object.entries({ ...fields, tags: (fields.tags ?? []).join(',') });
  if (form === 'multipart') {
    const body = new FormData();
    for (const [name, value] of texts) body.set(name, value);
    body.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), fields.filename ?? 'upload');
    return fetch(`${url}/images/upload`, { method: 'POST', body });
  }
  // Whatever the bytes are: the declared type decides nothing.
  return fetch(`${url}/images/upload?${new URLSearchParams(texts)}`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
}

/** An upload that must be accepted. */
export async function uploadImage(url: string, form: UploadForm, upload: Upload): Promise<Image> {
  const response = await sendUpload(url, form, upload);
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(201);
  return imageSchema.parse(body);
}

/** Every image of a listing, from its first page to its last, as they come. */
export async function listAll(url: string, query: Record<string, string> = {}): Promise<ImageSummary[]> {
  const items: ImageSummary[] = [];
  let key: string | null | undefined;
  while (key !== null) {
    const parameters = { limit: '200', ...query, ...(key === undefined ? {} : { last_evaluated_key: key }) };
    const response = await fetch(`${url}/images?${new URLSearchParams(parameters)}`);
    expect(response.status).toBe(200);
    const page = imageListSchema.parse(await response.json());
    expect(page.count).toBe(page.items.length);
    items.push(...page.items);
    key = page.last_evaluated_key;
  }
  return items;
}

/** The path of a URL of a server that may by now listen elsewhere. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The SHA-256 of what lies at a URL, which must be there. */
export async function checksumAt(url: string | null): Promise<string> {
  const response = await fetch(url ?? '');
  expect(response.status).toBe(200);
  return sha256(new Uint8Array(await response.arrayBuffer()));
}

/**
 * The files there are once no others are coming: renditions that are being made are among those, too, for a moment. What an
 * upload has left half would stay.
 */
export async function nothingHalf({ dataDir }: Pick<ServerProcess, 'dataDir'>): Promise<StoredFiles> {
  await vi.waitFor(async () => expect((await storedFiles(dataDir)).incoming).toEqual([]), PATIENCE);
  return storedFiles(dataDir);
}

/** Holds the data folder against the listing: a file for every row, a row for every file, nothing half. */
export async function expectFilesToBeRows(server: ServerProcess): Promise<ImageSummary[]> {
  const listed = await listAll(server.url);
  const { objects } = await nothingHalf(server);
  expect(objects).toEqual(listed.map(({ image_id }) => image_id).sort());
  return listed;
}
