import { type OpenApi, resolved, type Schema } from './document.ts';

/**
 * A schema that stands by itself, with what a test of an answer needs: types, required fields and fixed values.
 * Patterns and limits are left out, and unknown fields are allowed: a collection that somebody has imported goes on
 * with a later server.
 */
export function shapeOf(document: OpenApi, of: Schema): object {
  const schema = resolved(document, of);
  const each = (schemas: readonly Schema[]) => schemas.map((one) => shapeOf(document, one));
  const alternatives = schema.anyOf ?? schema.oneOf;
  return {
    ...(schema.type === undefined ? {} : { type: schema.type }),
    ...(schema.const === undefined ? {} : { const: schema.const }),
    ...(schema.enum === undefined ? {} : { enum: schema.enum }),
    ...(schema.required === undefined ? {} : { required: schema.required }),
    ...(schema.properties === undefined ? {} : { properties: propertiesOf(document, schema.properties) }),
    ...(schema.items === undefined ? {} : { items: shapeOf(document, schema.items) }),
    ...(alternatives === undefined ? {} : { anyOf: each(alternatives) }),
  };
}

function propertiesOf(document: OpenApi, properties: Readonly<Record<string, Schema>>): object {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, shapeOf(document, schema)]),
  );
}

/** An example of a value, as text in a query string or header; empty where the schema has none. */
export function exampleText(schema: Schema): string {
  const value = schema.example ?? schema.default ?? schema.enum?.[0];
  if (Array.isArray(value)) return value.join(',');
  if (value !== undefined) return String(value);
  for (const part of schema.anyOf ?? []) {
    const text = exampleText(part.items ?? part);
    if (text !== '') return text;
  }
  return '';
}
