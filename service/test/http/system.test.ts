import { describe, expect, it } from 'vitest';
import { unavailable } from '../../src/domain/errors.ts';
import { OPERATIONS } from '../../src/operations/manifest.ts';
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

/** All objects in a document that have a member of this name, with where they are. */
function* membersOf(node: unknown, name: string): Generator<unknown> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === name) yield value;
    yield* membersOf(value, name);
  }
}

const resolve = (document: Json, pointer: string) =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (node, name) => (node as Json | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    );

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Json;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
}

const operationsOf = (document: Json) =>
  Object.entries(document['paths'] as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe.each(HOMES)('/openapi.json (%s)', (kind) => {
  const home = useHome(kind);

  it('is an OpenAPI 3.1 document of this service', async () => {
    const document = await getJson(home, '/openapi.json');
    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: 'Tintype', version: expect.stringMatching(/./) },
      servers: [{ url: home.context.publicUrl }],
    });
    const known = [
      'openapi',
      'info',
      'jsonSchemaDialect',
      'servers',
      'paths',
      'webhooks',
      'components',
      'security',
      'tags',
      'externalDocs',
    ];
    expect(known).toEqual(expect.arrayContaining(Object.keys(document)));
  });

  it('has every operation of the manifest at every path, once, and no other', async () => {
    const found = operationsOf(await getJson(home, '/openapi.json'));
    const expected = OPERATIONS.flatMap(({ name, method, path, aliases }) =>
      [path, ...aliases].map((template) => `${method} ${template}: ${name}`),
    );
    const described = found.map(
      ({ path, method, operation }) =>
        `${method.toUpperCase()} ${path}: ${operation.operationId.replace(/-alias$/, '')}`,
    );
    expect(described.sort()).toEqual(expected.sort());
    const ids = found.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(OPERATIONS.map(({ name }) => name)));
  });

  it('names the parameters of each path, and no other of a path, each once', async () => {
    for (const { path, operation } of operationsOf(await getJson(home, '/openapi.json'))) {
      const parameters = operation.parameters ?? [];
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      expect(parameters.every(({ schema }) => schema !== undefined)).toBe(true);
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('says of each operation what it is for, what it answers, and that it can fail', async () => {
    for (const { operation } of operationsOf(await getJson(home, '/openapi.json'))) {
      expect(operation.summary).toMatch(/./);
      const { default: failure, ...answers } = operation.responses;
      expect(Object.keys(answers).length).toBeGreaterThan(0);
      for (const [status, answer] of Object.entries(answers)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(answer.description).toMatch(/./);
      }
      expect(Object.keys(failure?.content ?? {})).toEqual(['application/problem+json']);
    }
  });

  it('has no reference that leads nowhere, and no component without use', async () => {
    const document = await getJson(home, '/openapi.json');
    const references = new Set([...membersOf(document, '$ref')].map(String));
    expect(references.size).toBeGreaterThan(3);
    for (const reference of references) {
      expect(reference).toMatch(/^#\//);
      expect(resolve(document, reference), reference).toBeTypeOf('object');
    }
    const { schemas } = document['components'] as { schemas: Json };
    expect([...references].sort()).toEqual(
      Object.keys(schemas)
        .map((name) => `#/components/schemas/${name}`)
        .sort(),
    );
  });

  it('describes the three body forms of an upload, in which unknown fields have no place', async () => {
    const found = operationsOf(await getJson(home, '/openapi.json'));
    const upload = found.find(({ operation }) => operation.operationId === 'upload-image')?.operation;
    const content = upload?.requestBody?.content ?? {};
    expect(Object.keys(content)).toEqual(['application/json', 'multipart/form-data', 'image/*']);
    expect(content['application/json']?.schema).toMatchObject({
      additionalProperties: false,
      required: expect.arrayContaining(['user_id', 'image_data']),
      properties: { user_id: {}, image_data: {}, filename: {}, title: {}, description: {}, tags: {} },
    });
    expect(content['multipart/form-data']?.schema).toMatchObject({
      additionalProperties: false,
      required: expect.arrayContaining(['user_id', 'file']),
      properties: { user_id: {}, file: { format: 'binary' }, tags: {} },
    });
  });

  it('shows answers as strict as they are: what is ours alone is nowhere in it', async () => {
    const text = await (await home.request('/openapi.json')).text();
    expect(text).not.toMatch(/object_key|s3_key|s3_url|revision/);
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, Json> } };
    for (const name of ['Image', 'ImageSummary', 'ImageList', 'Problem']) {
      expect(components.schemas[name]).toMatchObject({ type: 'object', additionalProperties: false });
    }
  });
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
    expect(start).toContain("url: 'openapi.json'");
    expect(start).not.toMatch(/https?:/);
  });
});
