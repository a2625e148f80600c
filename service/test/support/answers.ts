import { expect } from 'vitest';
import type { z } from 'zod';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { imageListSchema, imageSchema, problemSchema } from '../../src/http/schemas.ts';

export type Image = z.infer<typeof imageSchema>;
export type ImageList = z.infer<typeof imageListSchema>;
export type ProblemBody = z.infer<typeof problemSchema>;

/** The API's errors as callers know them (DESIGN, section 2), written down a second time on purpose. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  insufficient_user_authentication: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  conflict: 409,
  not_ready: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  unprocessable_image: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  internal: 500,
  not_configured: 501,
  unavailable: 503,
  insufficient_storage: 507,
};

/** What no caller may ever read: a stack, a path of the machine, a library's own words. */
const INNER_MATTERS =
  /\bat .+:\d+|node_modules|\.[tj]s\b|\/(?:tmp|home|work|usr|var)\/|Error\b|SQLITE|\bE[A-Z]{2,}:/;

/** An answer that holds one image, as strict as the document says. */
export async function expectImage(response: Response, status = 200): Promise<Image> {
  const image = imageSchema.parse(await jsonOf(response, status));
  expect(response.headers.get('etag')).toMatch(/^"\d+\.\d+"$/);
  expect(image.url === null).toBe(image.status !== 'ready');
  expect(image.url_expires_at === null).toBe(image.url === null);
  expect(image.created_at <= image.upload_time && image.upload_time <= image.updated_at).toBe(true);
  return image;
}

export async function expectList(response: Response): Promise<ImageList> {
  const list = imageListSchema.parse(await jsonOf(response, 200));
  expect(list.count).toBe(list.items.length);
  return list;
}

/** A refusal: problem+json with all of its members, that gives nothing away; `retryAfter`: it says when to come again. */
export async function expectProblem(
  response: Response,
  code: ErrorCode,
  field?: string,
  retryAfter = STATUSES[code] === 503 || code === 'rate_limited',
): Promise<ProblemBody> {
  const text = await expectHeaders(response, STATUSES[code], 'application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(text).not.toMatch(INNER_MATTERS);
  const problem = problemSchema.parse(JSON.parse(text));
  expect(problem.code, text).toBe(code);
  expect(problem.type).toBe(`urn:tintype:error:${code}`);
  expect(problem.status).toBe(response.status);
  expect(problem.title).not.toBe('');
  expect(problem.detail).not.toBe('');
  expect(problem.error).toBe(problem.detail);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  expect(response.headers.has('retry-after')).toBe(retryAfter);
  if (code === 'invalid_request') expect(problem.errors?.length, text).not.toBe(0);
  if (field !== undefined)
    expect(
      problem.errors?.map((error) => error.field),
      text,
    ).toContain(field);
  return problem;
}

/** An answer without a body. */
export async function expectEmpty(response: Response, status: number): Promise<void> {
  expect(await response.text()).toBe('');
  expect(response.status).toBe(status);
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._:-]+$/);
}

async function jsonOf(response: Response, status: number): Promise<unknown> {
  const text = await expectHeaders(response, status, 'application/json');
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return JSON.parse(text);
}

async function expectHeaders(response: Response, status: number, type: string): Promise<string> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  return text;
}
