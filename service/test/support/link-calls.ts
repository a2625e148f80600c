import { expect } from 'vitest';
import type { z } from 'zod';
import { linkListSchema, linkSchema } from '../../src/http/link-schemas.ts';
import type { TestHome } from './homes.ts';

type Requests = Pick<TestHome, 'request' | 'context'>;

export type Link = z.infer<typeof linkSchema>;

export function askForLink(
  home: Requests,
  image_id: string,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return home.request(`/images/${image_id}/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** An answer that is a link, as strict as the document says. */
export async function expectLink(response: Response, { context }: Requests): Promise<Link> {
  const text = await response.text();
  expect(response.status, text).toBe(201);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  const link = linkSchema.parse(JSON.parse(text));
  expect(link.link_id).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(link.url).toBe(`${context.publicUrl}/links/${link.link_id}`);
  expect(response.headers.get('location')).toBe(link.url);
  return link;
}

export async function createLink(home: Requests, image_id: string, body: unknown = {}): Promise<Link> {
  return expectLink(await askForLink(home, image_id, body), home);
}

export async function linksOf(home: Requests, image_id: string): Promise<readonly Link[]> {
  const response = await home.request(`/images/${image_id}/links`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  const { items, count } = linkListSchema.parse(JSON.parse(text));
  expect(count).toBe(items.length);
  return items;
}

export function revokeLink(
  home: Requests,
  { image_id, link_id }: Pick<Link, 'image_id' | 'link_id'>,
): Promise<Response> {
  return home.request(`/images/${image_id}/links/${link_id}`, { method: 'DELETE' });
}

/** Opens a link as anybody would who was sent it. */
export function openLink(
  home: Requests,
  { url }: Pick<Link, 'url'>,
  init: RequestInit = {},
): Promise<Response> {
  return home.request(url.slice(home.context.publicUrl.length), init);
}
