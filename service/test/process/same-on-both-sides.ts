import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import { imageSchema, versionSchema } from '../../src/http/schemas.ts';
import { checksumAt, type Image, type ImageSummary, listAll } from './calls.ts';

/** Holds two servers against each other: every list in both orders, every view, every version, every byte. */
export async function expectSameOnBothSides(oneUrl: string, otherUrl: string): Promise<void> {
  const everything = await listAll(oneUrl);
  const users = new Set(everything.map(({ user_id }) => user_id));
  const tags = new Set(everything.flatMap((image) => image.tags));
  const lists: Record<string, string>[] = [
    {},
    ...[...users].map((user_id) => ({ user_id })),
    ...[...users].map((user_id) => ({ user_id, deleted: 'true' })),
    ...[...tags].map((tag) => ({ tag })),
    ...[...users].flatMap((user_id) => [...tags].map((tag) => ({ user_id, tag }))),
    ...everything.slice(0, 5).map(({ upload_time }) => ({ date_range: `${upload_time}/..` })),
  ];
  for (const list of lists) {
    for (const order of ['newest', 'oldest']) {
      const [one, other] = [
        await listAll(oneUrl, { ...list, order }),
        await listAll(otherUrl, { ...list, order }),
      ];
      expect(other.map(withoutUrls), JSON.stringify({ ...list, order })).toEqual(one.map(withoutUrls));
    }
  }
  for (const { image_id } of everything) {
    const [one, other] = [await view(oneUrl, image_id), await view(otherUrl, image_id)];
    expect(withoutUrls(other)).toEqual(withoutUrls(one));
    expect(await checksumAt(one.url)).toBe(one.checksum_sha256);
    expect(await checksumAt(other.url)).toBe(one.checksum_sha256);
    await expectSamePresets(one, other);
    await expectSameVersions(image_id, oneUrl, otherUrl);
  }
}

async function expectSamePresets(one: Image, other: Image): Promise<void> {
  const names = Object.keys(one.renditions) as (keyof Image['renditions'])[];
  expect(names.length > 0).toBe(one.placeholder !== null);
  for (const name of names) {
    const [here, there] = [one.renditions[name], other.renditions[name]];
    expect(await checksumAt(there?.url ?? null), name).toBe(await checksumAt(here?.url ?? null));
  }
}

async function expectSameVersions(imageId: string, oneUrl: string, otherUrl: string): Promise<void> {
  const [one, other] = [await versionsOf(oneUrl, imageId), await versionsOf(otherUrl, imageId)];
  const said = ({ url: _url, url_expires_at: _expiry, ...rest }: Version) => rest;
  expect(other.map(said)).toEqual(one.map(said));
  for (const { url, checksum_sha256 } of [...one, ...other]) {
    expect(await checksumAt(url)).toBe(checksum_sha256);
  }
}

type Version = z.output<typeof versionSchema>;

async function versionsOf(url: string, imageId: string): Promise<Version[]> {
  const response = await fetch(`${url}/images/${imageId}/versions`);
  const { items } = (await response.json()) as { items: unknown[] };
  return items.map((item) => versionSchema.parse(item));
}

async function view(url: string, imageId: string): Promise<Image & { etag: string | null }> {
  const response = await fetch(`${url}/images/${imageId}`);
  expect(response.status).toBe(200);
  return { ...imageSchema.parse(await response.json()), etag: response.headers.get('etag') };
}

/** URLs lead to different places; nothing else may differ. */
function withoutUrls<Of extends Pick<ImageSummary, 'url' | 'url_expires_at' | 'renditions'>>({
  url: _url,
  url_expires_at: _expiry,
  renditions,
  ...rest
}: Of) {
  const presets = Object.entries(renditions).map(([name, preset]) => ({ name, ...preset, url: undefined }));
  return { ...rest, presets };
}

/** Every file of a data folder, with its size, time and content; SQLite's shared memory is nobody's data. */
export async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile() || entry.name === 'index.db-shm') continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(path);
    const content = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    files[path] = `${size} ${mtimeMs} ${content}`;
  }
  return files;
}
