import type { JsonSchema } from 'aws-cdk-lib/aws-apigateway';
import type { Operation } from '../../service/src/operations/manifest.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The shape of an operation's JSON body for API Gateway, which knows JSON Schema's draft 4: what fields
 * there are, which must be, and their types. Lengths and patterns are left to the function, which trims
 * first, and whose error names the field.
 */
export function jsonBodySchema(document: object, { method, path }: Operation): JsonSchema | undefined {
  const schema = at(
    document,
    'paths',
    path,
    method.toLowerCase(),
    'requestBody',
    'content',
    'application/json',
    'schema',
  );
  return isObject(schema) ? (shapeOf(schema, document) as JsonSchema) : undefined;
}

function shapeOf(schema: Json, document: object): Json {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const target = at(document, ...reference.replace('#/', '').split('/'));
    if (!isObject(target)) throw new Error(`${reference} leads nowhere.`);
    return shapeOf(target, document);
  }
  const inner = (value: unknown) => (isObject(value) ? shapeOf(value, document) : value);
  const shape: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && isObject(value)) {
      shape[keyword] = Object.fromEntries(Object.entries(value).map(([name, of]) => [name, inner(of)]));
    } else if ((keyword === 'anyOf' || keyword === 'oneOf') && Array.isArray(value)) {
      shape[keyword] = value.map(inner);
    } else if (KEPT.has(keyword)) {
      shape[keyword] = inner(value);
    }
  }
  return shape;
}

const KEPT = new Set(['type', 'required', 'additionalProperties', 'items', 'enum']);

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found, name) => (isObject(found) ? found[name] : undefined), value);
}
