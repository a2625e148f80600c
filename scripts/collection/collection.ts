import {
  type DescribedOperation,
  type DescribedParameter,
  type OpenApi,
  type Place,
  placeOf,
} from './document.ts';
import { journey, SAMPLE_FILE } from './journey.ts';
import {
  type Body,
  COLLECTION_SCHEMA,
  type Collection,
  type Folder,
  type Item,
  type Parameter,
  type Request,
  type Url,
  type Variable,
} from './postman.ts';
import { exampleText } from './shape.ts';
import type { Sends, Step } from './step.ts';
import { testScript } from './test-script.ts';

/**
 * The Postman collection of the API, made from its OpenAPI document: a journey that runs from top to bottom against a
 * server, each request with tests of its answer.
 * @param sample the bytes of the image that it uploads.
 * @throws where the journey leaves out an operation of the document, or says of one what the document does not.
 */
export function postmanCollection(document: OpenApi, sample: Buffer): Collection {
  const folders = journey(sample);
  demandAllOperations(
    document,
    folders.flatMap(({ steps }) => steps),
  );
  const item = folders.map(
    ({ name, description, steps }): Folder => ({
      name,
      description,
      item: steps.map((step) => itemOf(document, step)),
    }),
  );
  return {
    info: { name: document.info.title, description: descriptionOf(document), schema: COLLECTION_SCHEMA },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: variables(document),
    item,
  };
}

const descriptionOf = (document: OpenApi) =>
  `${document.info.description}\n\nSet \`baseUrl\`, and \`token\` where callers are asked who they are. The requests can be ` +
  'sent one by one, or run from top to bottom: each keeps the ids that later ones need. Made from the OpenAPI document ' +
  'by `npm run collection`.';

/** Until there is one: well-formed, and of nothing. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

function variables(document: OpenApi): Variable[] {
  const ids = [
    ...['image_id', 'form_image_id', 'bytes_image_id', 'put_image_id', 'parts_image_id'],
    ...['link_id', 'webhook_id', 'delivery_id'],
  ].map((key) => ({ key, value: NO_ID }));
  const kept = [...ids, { key: 'etag', value: '' }, { key: 'upload_url', value: '' }];
  return [
    {
      key: 'baseUrl',
      value: document.servers[0]?.url ?? '',
      description: 'Where the API is, without a slash at its end.',
    },
    { key: 'token', value: '', description: 'A token of your issuer; with AUTH=none it is not looked at.' },
    { key: 'user_id', value: 'alice', description: 'Whose images: with a token, the user that it is of.' },
    { key: 'preset', value: 'thumb' },
    { key: 'version', value: '1' },
    {
      key: 'webhook_url',
      value: 'https://example.com/hooks/tintype',
      description: 'Where messages are sent.',
    },
    ...kept.map((each) => ({ ...each, description: 'Set by the requests that make it.' })),
  ];
}

function demandAllOperations(document: OpenApi, steps: readonly Step[]): void {
  const called = new Set(steps.map(({ calls }) => calls));
  const missing = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ operationId }) => !called.has(operationId));
  if (missing.length > 0) {
    const names = missing.map(({ operationId }) => operationId).join(', ');
    throw new Error(`The collection leaves out ${names}: give it a step in scripts/collection/journey.ts.`);
  }
}

function itemOf(document: OpenApi, step: Step): Item {
  const { calls } = step;
  const place = typeof calls === 'string' ? placeOf(document, calls) : undefined;
  const redirects = place !== undefined && '302' in place.operation.responses;
  return {
    name: step.name,
    request: place === undefined ? putRequest(step) : requestOf(step, place),
    event: [
      {
        listen: 'test',
        script: { type: 'text/javascript', exec: testScript(document, step, place?.operation) },
      },
    ],
    response: [],
    ...(redirects ? { protocolProfileBehavior: { followRedirects: false } } : {}),
  };
}

/** A PUT to the presigned URL in a variable. */
function putRequest(step: Step): Request {
  const { calls, note = '', sends } = step;
  if (typeof calls === 'string') throw new Error(`${step.name} calls an operation.`);
  const url = `{{${calls.putTo}}}`;
  return {
    method: 'PUT',
    description: note,
    url: { raw: url, host: [url] },
    header: headersOf(step, []),
    auth: { type: 'noauth' },
    ...(sends === undefined ? {} : { body: bodyOf(sends) }),
  };
}

function requestOf(step: Step, { method, path, operation }: Place): Request {
  const parameters = operation.parameters ?? [];
  const { sends } = step;
  if (sends !== undefined) demandKnownFields(operation, sends);
  const described = [operation.description, step.note, scopeSentence(operation)];
  return {
    method,
    description: described.filter((text) => text !== undefined).join('\n\n'),
    url: urlOf(step, path, parameters),
    header: headersOf(step, parameters),
    ...(operation.security.length === 0 ? { auth: { type: 'noauth' } } : {}),
    ...(sends === undefined ? {} : { body: bodyOf(sends) }),
  };
}

function scopeSentence({ security }: DescribedOperation): string {
  const scopes = security.flatMap((each) => Object.values(each).flat());
  if (scopes.length === 0) return 'Needs no token.';
  return `Where callers are asked for a token it needs the scope ${scopes.join(', ')}.`;
}

function urlOf(step: Step, path: string, parameters: readonly DescribedParameter[]): Url {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `{{${step.path?.[name] ?? name}}}`);
  const query = queryOf(
    step,
    parameters.filter((each) => each.in === 'query'),
  );
  const sent = query.filter(({ disabled }) => disabled !== true).map(({ key, value }) => `${key}=${value}`);
  return {
    raw: `{{baseUrl}}${filled}${sent.length > 0 ? `?${sent.join('&')}` : ''}`,
    host: ['{{baseUrl}}'],
    path: filled.slice(1).split('/'),
    ...(query.length > 0 ? { query } : {}),
  };
}

/** All that the operation knows: what the step gives is sent, the rest is there to be ticked. */
function queryOf(step: Step, parameters: readonly DescribedParameter[]): Parameter[] {
  const { query = {}, sends } = step;
  demandKnown(step, Object.keys(query), parameters);
  // An upload says its fields in the query only where the body is the bytes.
  if (sends !== undefined && !('bytes' in sends)) return [];
  return parameters.flatMap((parameter) => {
    const values = [query[parameter.name] ?? []].flat();
    const known = describe(parameter);
    if (values.length === 0) return [{ ...known, value: exampleText(parameter.schema), disabled: true }];
    return values.map((value) => ({ ...known, value }));
  });
}

function headersOf(step: Step, all: readonly DescribedParameter[]): Parameter[] {
  const { headers = {}, sends } = step;
  const parameters = all.filter((each) => each.in === 'header');
  const { 'Content-Type': given, ...named } = headers;
  demandKnown(step, Object.keys(named), parameters);
  const type = sends !== undefined && 'json' in sends ? 'application/json' : given;
  return [
    ...(type === undefined ? [] : [{ key: 'Content-Type', value: type }]),
    ...parameters.map((parameter) => {
      const value = named[parameter.name];
      const known = describe(parameter);
      return value === undefined
        ? { ...known, value: exampleText(parameter.schema), disabled: true }
        : { ...known, value };
    }),
  ];
}

function describe({ name, schema, description = schema.description }: DescribedParameter) {
  return { key: name, ...(description === undefined ? {} : { description }) };
}

function demandKnown(step: Step, names: readonly string[], parameters: readonly DescribedParameter[]): void {
  const unknown = names.filter((name) => !parameters.some((parameter) => parameter.name === name));
  if (unknown.length > 0) throw new Error(`"${step.name}" sends ${unknown.join(', ')}, which it may not.`);
}

function demandKnownFields({ operationId, requestBody }: DescribedOperation, sends: Sends): void {
  const type = 'json' in sends ? 'application/json' : 'form' in sends ? 'multipart/form-data' : 'image/*';
  const schema = requestBody?.content[type]?.schema;
  if (schema === undefined) throw new Error(`${operationId} takes no ${type}.`);
  const sent =
    'json' in sends ? Object.keys(sends.json) : 'form' in sends ? ['file', ...Object.keys(sends.form)] : [];
  const unknown = sent.filter((name) => !(name in (schema.properties ?? {})));
  const missing = (schema.required ?? []).filter((name) => !sent.includes(name));
  if (unknown.length + missing.length > 0) {
    throw new Error(`${operationId} has no field ${unknown.join(', ')}, or needs ${missing.join(', ')}.`);
  }
}

function bodyOf(sends: Sends): Body {
  if ('bytes' in sends) return { mode: 'file', file: { src: sends.bytes } };
  if ('json' in sends) {
    return {
      mode: 'raw',
      raw: JSON.stringify(sends.json, undefined, 2),
      options: { raw: { language: 'json' } },
    };
  }
  const fields = Object.entries(sends.form).map(([key, value]) => ({ key, type: 'text' as const, value }));
  return { mode: 'formdata', formdata: [{ key: 'file', type: 'file', src: SAMPLE_FILE }, ...fields] };
}
