import { expect } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { expectImage, expectList, type Image, type ImageList } from './answers.ts';
import type { TestHome } from './homes.ts';
import { type Fields, upload } from './uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** The configuration of what is made and kept of images, but for what is said otherwise. */
export function processing(differing: Partial<Config['processing']>): Pick<Config, 'processing'> {
  return { processing: { ...readConfig({}).processing, ...differing } };
}

export async function viewed(home: Home, image_id: string): Promise<Image> {
  return expectImage(await home.request(`/images/${image_id}`));
}

/** Uploads an image, has all jobs done, and looks at it then. */
export async function processed(home: Home, bytes: Buffer, fields: Fields = {}): Promise<Image> {
  const { image_id } = await upload(home, fields, bytes);
  await home.workOff();
  return viewed(home, image_id);
}

/** PUT of other bytes. */
export function replace(
  home: Home,
  image_id: string,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return home.request(`/images/${image_id}/content`, {
    method: 'PUT',
    headers: { 'content-type': 'image/png', ...headers },
    body: new Uint8Array(bytes),
  });
}

/** @param query with its question mark. */
export function remove(home: Home, image_id: string, query = '', ifMatch?: string): Promise<Response> {
  const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  return home.request(`/images/${image_id}${query}`, { method: 'DELETE', headers });
}

/** A POST without a body. */
export function post(home: Home, path: string, ifMatch?: string): Promise<Response> {
  const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  return home.request(path, { method: 'POST', headers });
}

export async function list(home: Home, query: string): Promise<ImageList> {
  return expectList(await home.request(`/images?${query}`));
}

export async function idsIn(home: Home, query: string): Promise<string[]> {
  return (await list(home, query)).items.map(({ image_id }) => image_id);
}

/** What the user has, as the API tells it. */
export async function usage(home: Home, user_id: string): Promise<{ images: number; bytes: number }> {
  const response = await home.request(`/users/${encodeURIComponent(user_id)}/usage`);
  expect(response.status).toBe(200);
  const { images, bytes } = (await response.json()) as { images: number; bytes: number };
  return { images, bytes };
}

export async function bytesAt(home: Home, url: string | null | undefined): Promise<Buffer> {
  const response = await home.follow(url ?? '');
  expect(response.status, url ?? 'no URL').toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
