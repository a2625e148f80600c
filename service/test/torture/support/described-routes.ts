import { z } from 'zod';
import { openApiDocument } from '../../../src/http/openapi.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface DescribedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

interface DescribedAnswer {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

/** A route as callers read of it. */
export interface DescribedRoute {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly DescribedParameter[];
  /** Schemas of bodies, by content type. */
  readonly bodies: Readonly<Record<string, JsonSchema>>;
  readonly answers: Readonly<Record<string, DescribedAnswer>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface OperationObject {
  readonly operationId: string;
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

/** Our own OpenAPI document, read as somebody else would: nothing but JSON. */
export function readDocument(publicUrl: string): {
  readonly routes: readonly DescribedRoute[];
  /** What is wrong with an answer to a route, in words; nothing where all is as described. */
  faultsOf(route: DescribedRoute, response: Response, text: string): string[];
} {
  // JSON Schema's own place for what is referred to, which the reader of schemas knows.
  const text = JSON.stringify(openApiDocument(publicUrl)).replaceAll('#/components/schemas/', '#/$defs/');
  const { paths, components } = JSON.parse(text) as Document;
  const routes = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      template,
      parameters: operation.parameters ?? [],
      bodies: Object.fromEntries(
        Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema]),
      ),
      answers: operation.responses,
    })),
  );
  const known = new Map<JsonSchema, z.ZodType>();
  const schemaOf = (schema: JsonSchema) => {
    const read = known.get(schema) ?? z.fromJSONSchema({ ...schema, $defs: components.schemas });
    known.set(schema, read);
    return read;
  };
  return { routes, faultsOf: (route, response, body) => faultsOf(schemaOf, route, response, body) };
}

type SchemaOf = (schema: JsonSchema) => z.ZodType;

function faultsOf(schemaOf: SchemaOf, route: DescribedRoute, response: Response, text: string): string[] {
  const { status, headers } = response;
  const faults: string[] = [];
  if (!/^[A-Za-z0-9._:-]{1,128}$/.test(headers.get('x-request-id') ?? '')) faults.push('no request id');
  const described = route.answers[String(status)];
  if (described) return [...faults, ...describedFaults(schemaOf, described, headers, text)];
  const other = route.answers['default'];
  if (status < 400 || !other) return [...faults, `status ${status} is not described`];
  return [...faults, ...describedFaults(schemaOf, other, headers, text), ...problemFaults(response, text)];
}

/** Headers that are there only sometimes. */
const OPTIONAL_HEADERS = ['Idempotency-Replayed'];

function describedFaults(
  schemaOf: SchemaOf,
  { headers: promised = {}, content = {} }: DescribedAnswer,
  headers: Headers,
  text: string,
): string[] {
  const missing = Object.keys(promised)
    .filter((name) => !OPTIONAL_HEADERS.includes(name) && !headers.has(name))
    .map((name) => `no ${name}`);
  const type = headers.get('content-type');
  if (Object.keys(content).length === 0) return text === '' ? missing : [...missing, 'a body not described'];
  const schema = type === null ? undefined : content[type]?.schema;
  if (!schema) return [...missing, `content type ${type} is not described`];
  const length = String(Buffer.byteLength(text));
  if (headers.get('content-length') !== length) missing.push('a wrong content-length');
  const { error } = schemaOf(schema).safeParse(jsonOf(text));
  return [...missing, ...(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [])];
}

function problemFaults({ status, headers }: Response, text: string): string[] {
  const problem = jsonOf(text) as Record<string, unknown> | undefined;
  const faults: string[] = [];
  if (problem?.['status'] !== status) faults.push('the status is not the problem’s');
  if (problem?.['error'] !== problem?.['detail']) faults.push('error is not detail');
  if (problem?.['request_id'] !== headers.get('x-request-id')) faults.push('another request id');
  if (problem?.['type'] !== `urn:tintype:error:${problem?.['code']}`) faults.push('another type');
  if (status === 400 && !Array.isArray(problem?.['errors'])) faults.push('no errors');
  // What was not set up is no failure: it is described, with this code.
  if (status >= 500 && problem?.['code'] !== 'not_configured') faults.push(`status ${status}`);
  return faults;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
