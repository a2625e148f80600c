import { describe, expect, it } from 'vitest';
import { unavailable } from '../../src/domain/errors.ts';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { HOMES, openTestHome, type TestHome, useHome } from '../support/homes.ts';

type Home = Omit<TestHome, 'close'>;
type Json = Readonly<Record<string, unknown>>;

async function getJson(home: Home, path: string): Promise<Json> {
  const response = await home.request(path);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-request-id')).toMatch(/./);
  return (await response.json()) as Json;
}

describe.each(HOMES)('health and readiness (%s)', (kind) => {
  const home = useHome(kind);

  it('/health and /ready say that all is well', async () => {
    expect(await getJson(home, '/health')).toEqual({ status: 'ok' });
    expect(await getJson(home, '/ready')).toEqual({ status: 'ready' });
    for (const path of ['/health', '/ready']) {
      await expectEmpty(await home.request(path, { method: 'HEAD' }), 200);
      expect((await home.request(path)).headers.get('cache-control')).toContain('no-store');
    }
  });

  it('/ready leaves nothing behind', async () => {
    await getJson(home, '/ready');
    expect(await home.stored()).toEqual({ objects: [], records: [], unfinished: [] });
  });

  it.each([
    ['a failure', () => unavailable('The disk.', new Error('EROFS: read-only file system, open /data'))],
    ['a defect', () => new Error('ENOENT: /data')],
  ])(
    '/ready is 503 when a part cannot work, because of %s, and says nothing of it; /health goes on',
    async (_what, error) => {
      await using homes = new AsyncDisposableStack();
      const ill = homes.adopt(
        await openTestHome(kind, {
          around: (context) => ({ ...context, checkReady: () => Promise.reject(error()) }),
        }),
        (opened) => opened.close(),
      );
      await expectProblem(await ill.request('/ready'), 'unavailable');
      expect(await getJson(ill, '/health')).toEqual({ status: 'ok' });
    },
  );
});

describe.each(HOMES)('/docs (%s)', (kind) => {
  const home = useHome(kind);

  it('is a page whose every file comes from this server', async () => {
    const page = await home.request('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference = '']) => reference);
    const files = references.filter((reference) => !reference.startsWith('data:'));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      expect(file).toMatch(/^docs\/[\w.-]+$/);
      const { pathname } = new URL(file, 'http://127.0.0.1/docs');
      const response = await home.request(pathname);
      expect(response.status, file).toBe(200);
      const type = file.endsWith('.css') ? 'text/css' : 'text/javascript';
      expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      expect((await response.text()).length).toBeGreaterThan(50);
    }
  });

  it('lets the browser load and send nothing elsewhere', async () => {
    const csp = (await home.request('/docs')).headers.get('content-security-policy') ?? '';
    const directives = new Map(
      csp.split('; ').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]),
    );
    expect(directives.get('default-src')).toEqual(["'none'"]);
    for (const name of ['script-src', 'connect-src']) expect(directives.get(name)).toEqual(["'self'"]);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
      expect(directives.get(name)).toEqual(["'none'"]);
    const sources = [...directives.values()].flat();
    const local = ["'none'", "'self'", "'unsafe-inline'", 'data:', 'blob:'];
    expect(sources.filter((source) => !local.includes(source))).toEqual([]);
  });

  it('opens the document of this server', async () => {
    const start = await (await home.request('/docs/start.js')).text();
    expect(start).toContain("fetch('openapi.json')");
    expect(start).not.toMatch(/https?:/);
  });
});
