import { expect } from 'vitest';
import type { z } from 'zod';
import { signToken } from '../../../src/drivers/jose/sign-token.ts';
import { auditEventListSchema, imageListSchema, imageSchema } from '../../../src/http/schemas.ts';
import type { Image } from '../../process/calls.ts';
import { JWT_ENVIRONMENT } from '../../support/shared-secret.ts';
import { newPng } from './faulty-server.ts';
import type { MovedClock } from './moved-clock.ts';

const TOKEN_SECONDS = 600;

/** Calls a server whose clock is moved, with tokens of that clock's time. No answer may be a failure. */
export class ClockClient {
  readonly #clock: MovedClock;
  #url = '';
  answers = 0;

  constructor(clock: MovedClock) {
    this.#clock = clock;
  }

  /** The server is another by now. */
  at(url: string): void {
    this.#url = url;
  }

  token(): Promise<string> {
    const issued_at = Math.floor(this.#clock.now() / 1000);
    return signToken({
      issuer: JWT_ENVIRONMENT.JWT_ISSUER,
      audience: JWT_ENVIRONMENT.JWT_AUDIENCE,
      userClaim: 'sub',
      scopePrefix: '',
      secret: JWT_ENVIRONMENT.JWT_SECRET,
      user_id: 'alice',
      scopes: ['images:read', 'images:write', 'images:admin'],
      issued_at,
      expires_at: issued_at + TOKEN_SECONDS,
    });
  }

  async call(path: string, init: RequestInit = {}, token?: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token ?? (await this.token())}`);
    return this.fetch(`${this.#url}${path}`, { ...init, headers });
  }

  /** Without a token: what is presigned has its own right. */
  async follow(url: string): Promise<number> {
    const { pathname, search } = new URL(url);
    const response = await this.fetch(`${this.#url}${pathname}${search}`);
    await response.body?.cancel();
    return response.status;
  }

  async fetch(url: string, init?: RequestInit): Promise<Response> {
    const response = await fetch(url, init);
    expect(response.status, url).toBeLessThan(500);
    this.answers++;
    return response;
  }

  /** A link by which anybody sees an image, for a week: its path. */
  async share(image_id: string): Promise<string> {
    const response = await this.call(`/images/${image_id}/links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.status).toBe(201);
    return new URL(((await response.json()) as { url: string }).url).pathname;
  }

  /** What somebody sees who opens a link, at the end of its redirect. */
  async open(link: string): Promise<number> {
    const response = await this.fetch(`${this.#url}${link}`);
    await response.body?.cancel();
    return response.status;
  }

  async upload(key?: string, bytes = newPng(2000)): Promise<{ image: Image; isReplayed: boolean }> {
    const headers = { 'content-type': 'image/png', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const response = await this.call('/images/upload', { method: 'POST', headers, body: bytes });
    const body: unknown = await response.json();
    expect(response.status, JSON.stringify(body)).toBe(201);
    const isReplayed = response.headers.get('idempotency-replayed') === 'true';
    return { image: imageSchema.parse(body), isReplayed };
  }

  async view(image_id: string): Promise<Image> {
    return this.#read(`/images/${image_id}`, imageSchema);
  }

  /** The ids of a page, and where the next one begins. */
  async page(query: string): Promise<{ ids: string[]; next: string | null }> {
    const { items, last_evaluated_key: next } = await this.#read(`/images?${query}`, imageListSchema);
    return { ids: items.map(({ image_id }) => image_id), next };
  }

  /** Every page from `query` on. */
  async walk(query: string, from: string | null = null): Promise<string[]> {
    const ids: string[] = [];
    let next = from;
    do {
      const after = next === null ? '' : `&last_evaluated_key=${encodeURIComponent(next)}`;
      const page = await this.page(query + after);
      ids.push(...page.ids);
      next = page.next;
    } while (next !== null);
    return ids;
  }

  async auditEvents() {
    const { items } = await this.#read('/audit-events?limit=200', auditEventListSchema);
    return items;
  }

  async #read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    const response = await this.call(path);
    const body: unknown = await response.json();
    expect(response.status, JSON.stringify(body)).toBe(200);
    return schema.parse(body);
  }
}
