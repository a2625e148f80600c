import { describe, expect, it } from 'vitest';
import { HOMES, SERVING_HOMES, useHome } from '../support/homes.ts';
import { newPng, upload } from '../support/uploads.ts';

const DATA_ONLY = "default-src 'none'; frame-ancestors 'none'";

/** Requests of all kinds, with the status of their answers; none is about an image. */
const REQUESTS: readonly (readonly [path: string, status: number, init: RequestInit])[] = [
  ['/health', 200, {}],
  ['/ready', 200, {}],
  ['/openapi.json', 200, {}],
  ['/images', 200, {}],
  ['/images/x', 404, {}],
  ['/nowhere', 404, {}],
  ['/images?limit=x', 400, {}],
  ['/images', 405, { method: 'PUT' }],
  ['/images', 415, { method: 'POST', headers: { 'content-type': 'text/plain' } }],
];

describe.each(HOMES)('every answer (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: false } });

  it.each(REQUESTS)('%s (%i) is data and no page', async (path, status, init) => {
    const response = await home.request(path, init);
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': DATA_ONLY,
    });
    expect(response.headers.has('strict-transport-security')).toBe(false);
    expect(response.headers.has('x-powered-by')).toBe(false);
  });

  it('a redirect and an answer without a body say so too', async () => {
    const { image_id } = await upload(home, {}, newPng());
    const redirect = await home.request(`/images/${image_id}/content`);
    const gone = await home.request(`/images/${image_id}`, { method: 'DELETE' });
    expect([redirect.status, gone.status]).toEqual([302, 204]);
    for (const { headers } of [redirect, gone]) {
      expect(headers.get('content-security-policy')).toBe(DATA_ONLY);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('the page of the API has a policy of its own, which lets it run nothing but its own files', async () => {
    const { headers } = await home.request('/docs');
    const policy = headers.get('content-security-policy') ?? '';
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy.split('; ')).toContain(rule);
    }
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|https?:)/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });
});

describe.each(SERVING_HOMES)('bytes that somebody has uploaded (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: false, publicUrl: 'https://images.example.com' } });

  it('are shown in a sandbox, to pages of every origin', async () => {
    const { url } = await upload(home, {}, newPng());
    for (const method of ['GET', 'HEAD']) {
      const { headers, status } = await home.follow(url ?? '', { method });
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
      });
    }
  });

  it('are refused as data', async () => {
    const { headers, status } = await home.request('/objects/x?signature=x');
    expect(status).toBe(403);
    expect(headers.get('content-security-policy')).toBe(DATA_ONLY);
  });
});

describe('where callers reach us by https', () => {
  const home = useHome('memory', { config: { localOnly: false, publicUrl: 'https://images.example.com' } });

  it.each(REQUESTS)('%s (%i) tells browsers to stay with it', async (path, _status, init) => {
    const { headers } = await home.request(path, init);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  it('the page of the API does as well', async () => {
    for (const path of ['/docs', '/docs/start.js']) {
      const { headers } = await home.request(path);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    }
  });
});
