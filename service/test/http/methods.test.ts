import { describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { HOMES, SERVING_HOMES, useHome } from '../support/homes.ts';
import { upload } from '../support/uploads.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'get-it'];

describe.each(HOMES)('a path says which methods it takes (%s)', (kind) => {
  const home = useHome(kind);

  it.each([
    ['/images', 'GET, HEAD, POST'],
    ['/images/{image_id}', 'DELETE, GET, HEAD, PATCH'],
    ['/images/{image_id}/content', 'GET, HEAD, PUT'],
    ['/images/{image_id}/versions', 'GET, HEAD'],
    ['/images/{image_id}/renditions', 'GET, HEAD'],
    ['/images/{image_id}/renditions/thumb', 'GET, HEAD'],
    ['/images/{image_id}/restore', 'POST'],
    ['/images/{image_id}/versions/1/restore', 'POST'],
    ['/images/{image_id}/links', 'GET, HEAD, POST'],
    ['/images/{image_id}/links/x', 'DELETE'],
    ['/links/x', 'GET, HEAD'],
    ['/users/alice/images', 'DELETE'],
    ['/health', 'GET, HEAD'],
    ['/ready', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/docs', 'GET, HEAD'],
    ['/docs/swagger-ui.css', 'GET, HEAD'],
  ])('%s: any other than %s is 405 with Allow', async (template, allow) => {
    const { image_id } = await upload(home);
    const path = template.replace('{image_id}', image_id);
    const others = METHODS.filter((method) => !allow.split(', ').includes(method));
    expect(others.length).toBeGreaterThan(3);
    for (const method of others) {
      const response = await home.request(path, { method });
      expect(response.headers.get('allow')).toBe(allow);
      // What a HEAD would be told has no body.
      if (method === 'HEAD') expect([response.status, await response.text()]).toEqual([405, '']);
      else await expectProblem(response, 'method_not_allowed');
    }
    await expectImage(await home.request(`/images/${image_id}`));
  });

  it.each([
    '/',
    '/nothing',
    '/Images',
    '/images/',
    '/images/x/y',
    '/images/x/content/y',
    '/users',
    '/index.html',
    '/favicon.ico',
    '/.env',
    '/docs/',
    '/docs/swagger-ui.css/x',
    '/health/x',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//images',
  ])('%s is no path: 404 for every method', async (path) => {
    for (const method of METHODS) {
      const response = await home.request(path, { method });
      if (method === 'HEAD') await expectEmpty(response, 404);
      else await expectProblem(response, 'not_found');
    }
  });

  it('/images/upload takes POST; for GET, PATCH and DELETE it is an image that does not exist', async () => {
    for (const method of ['PUT', 'OPTIONS']) {
      const response = await home.request('/images/upload', { method });
      expect(response.headers.get('allow')).toBe('POST');
      await expectProblem(response, 'method_not_allowed');
    }
    for (const method of ['GET', 'DELETE']) {
      await expectProblem(await home.request('/images/upload', { method }), 'not_found');
    }
    const change = { method: 'PATCH', body: '{"title":"x"}' };
    await expectProblem(await home.request('/images/upload', change), 'not_found');
  });

  it('of the files beside the docs page only its own are there', async () => {
    for (const file of [
      'nothing.js',
      'index.html',
      'package.json',
      '..%2f..%2fpackage.json',
      '%2e%2e',
      '%00',
    ]) {
      await expectProblem(await home.request(`/docs/${file}`), 'not_found');
    }
  });
});

describe.each(SERVING_HOMES)('presigned URLs say which methods they take (%s)', (kind) => {
  const home = useHome(kind);

  it('any other than those of downloads and uploads is 405 with Allow', async () => {
    const others = METHODS.filter((method) => !['GET', 'HEAD', 'POST', 'PUT'].includes(method));
    for (const method of others) {
      const response = await home.request('/objects/alice/x', { method });
      expect(response.headers.get('allow')).toBe('GET, HEAD, POST, PUT');
      await expectProblem(response, 'method_not_allowed');
    }
  });
});
