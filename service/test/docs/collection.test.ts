import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { postmanCollection } from '../../../scripts/collection/collection.ts';
import type { OpenApi } from '../../../scripts/collection/document.ts';
import type { Collection, Item } from '../../../scripts/collection/postman.ts';
import { COLLECTION_PATH, collectionText } from '../../../scripts/collection/text.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { OPERATIONS } from '../../src/operations/manifest.ts';
import { ROOT } from '../support/server-process.ts';

const text = readFileSync(join(ROOT, COLLECTION_PATH), 'utf8');
const collection = JSON.parse(text) as Collection;
const items = collection.item.flatMap(({ item }) => item);
const pathOf = ({ request }: Item) => `/${request.url.path?.join('/') ?? ''}`;

/** Whether a request goes to a path of the manifest, which has `{name}` where the request has a variable. */
const goesTo = (template: string, path: string) =>
  new RegExp(`^${template.replaceAll(/\{\w+\}/g, '\\{\\{\\w+\\}\\}')}$`).test(path);

describe('the Postman collection', () => {
  test('is what `npm run collection` would write now', () => {
    const remedy = `${COLLECTION_PATH} is not up to date: npm run collection renews it`;
    expect(text === collectionText(), remedy).toBe(true);
  });

  test.each(
    OPERATIONS.flatMap(({ name, method, path, aliases }) => [[name, method, path, aliases] as const]),
  )('has a request for %s, at each of its addresses', (_name, method, path, aliases) => {
    for (const template of [path, ...aliases]) {
      const found = items.filter(({ request }) => request.method === method);
      expect(found.map(pathOf).some((each) => goesTo(template, each))).toBe(true);
    }
  });

  test('every request has tests, and a description unless its name says all', () => {
    for (const { name, event, request } of items) {
      const script = event.map(({ script: { exec } }) => exec.join('\n')).join('\n');
      expect(script, name).toMatch(/pm\.test\('answers \d{3}'/);
      expect(request.description, name).not.toBe('');
    }
  });

  test('every variable that it uses is one of its own, or of Postman', () => {
    const known = new Set(collection.variable.map(({ key }) => key));
    const used = [...text.matchAll(/\{\{([^}]+)\}\}/g)].map(([, name = '']) => name);
    const set = [...text.matchAll(/collectionVariables\.set\('(\w+)'/g)].map(([, name = '']) => name);
    expect(used).toContain('image_id');
    expect(
      [...used, ...set].filter((name) => !known.has(name) && !['$guid', 'tries'].includes(name)),
    ).toEqual([]);
  });

  test('every request sends the token by the variable, but those that need none', () => {
    expect(collection.auth).toMatchObject({ type: 'bearer', bearer: [{ value: '{{token}}' }] });
    const without = items.filter(({ request }) => request.auth?.type === 'noauth').map(({ name }) => name);
    expect(without).toEqual(['Send the bytes', 'Send a part', 'See an image by its link']);
  });

  test('an operation that the journey leaves out ends the making of it, and the remedy is said', () => {
    const document = openApiDocument('http://127.0.0.1:3000') as OpenApi;
    const view = document.paths['/images/{image_id}']?.['get'];
    if (view === undefined) throw new Error('There is no view-image.');
    const paths = { ...document.paths, '/new': { get: { ...view, operationId: 'rotate-image' } } };
    expect(() => postmanCollection({ ...document, paths }, Buffer.from('x'))).toThrow(
      'The collection leaves out rotate-image: give it a step in scripts/collection/journey.ts.',
    );
  });
});
