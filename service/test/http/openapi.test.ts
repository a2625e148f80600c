import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/operations/manifest.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';

type Json = Readonly<Record<string, unknown>>;

async function documentOf(home: Pick<TestHome, 'request'>): Promise<Json> {
  const response = await home.request('/openapi.json');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  return (await response.json()) as Json;
}

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
  readonly security: readonly Json[];
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

const A_YEAR = 365 * 86_400_000;

/** Where something is called deprecated against what the guide to the API promises of that. */
function hastilyDeprecated(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { deprecated, 'x-deprecation': since, 'x-sunset': sunset } = node as Json;
  const [from, until] = [since, sunset].map((day) => Date.parse(`${day}T00:00:00Z`));
  const isFair = deprecated !== true || Number(until) - Number(from) >= A_YEAR;
  const below = Object.entries(node).flatMap(([name, each]) => hastilyDeprecated(each, `${path}/${name}`));
  return isFair ? below : [path, ...below];
}

describe.each(HOMES)('/openapi.json (%s)', (kind) => {
  const home = useHome(kind);

  it('is an OpenAPI 3.1 document of this service', async () => {
    const document = await documentOf(home);
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
    const found = operationsOf(await documentOf(home));
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
    for (const { path, operation } of operationsOf(await documentOf(home))) {
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
});

describe.each(HOMES)('what /openapi.json says (%s)', (kind) => {
  const home = useHome(kind);

  it('says of each operation what it is for, what it answers, and that it can fail', async () => {
    for (const { operation } of operationsOf(await documentOf(home))) {
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

  it('says which scope a token needs for each operation, and that none is needed to open a link', async () => {
    for (const { operation } of operationsOf(await documentOf(home))) {
      const row = OPERATIONS.find(({ name }) => name === operation.operationId.replace(/-alias$/, ''));
      const isOpen = operation.operationId === 'open-link';
      expect(operation.security, operation.operationId).toEqual(isOpen ? [] : [{ token: [row?.scope] }]);
    }
  });

  it('calls nothing deprecated without the day of that and the day of its end, a year later at least', async () => {
    expect(hastilyDeprecated(await documentOf(home))).toEqual([]);
    const deprecated = (since?: string, sunset?: string) => ({
      ...{ deprecated: true, 'x-deprecation': since, 'x-sunset': sunset },
    });
    const example = {
      paths: { '/old': { get: deprecated('2027-01-31', '2028-01-31'), put: deprecated('2027-01-31') } },
      parameters: [deprecated(), { deprecated: false }, deprecated('2027-01-31', '2028-01-30')],
      schema: { properties: { deprecated: { type: 'boolean' } } },
      more: [deprecated('soon', 'later')],
    };
    expect(hastilyDeprecated(example)).toEqual([
      '/paths//old/put',
      '/parameters/0',
      '/parameters/2',
      '/more/0',
    ]);
  });

  it('has no reference that leads nowhere, and no component without use', async () => {
    const document = await documentOf(home);
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
    const found = operationsOf(await documentOf(home));
    const upload = found.find(({ operation }) => operation.operationId === 'upload-image')?.operation;
    const content = upload?.requestBody?.content ?? {};
    expect(Object.keys(content)).toEqual(['application/json', 'multipart/form-data', 'image/*']);
    expect(content['application/json']?.schema).toMatchObject({
      additionalProperties: false,
      required: ['image_data'],
      properties: { user_id: {}, image_data: {}, filename: {}, title: {}, description: {}, tags: {} },
    });
    expect(content['multipart/form-data']?.schema).toMatchObject({
      additionalProperties: false,
      required: ['file'],
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
