import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Context } from 'hono';
import type { Env } from './context.ts';

const STYLES = 'swagger-ui.css';
const SCRIPT = 'swagger-ui-bundle.js';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tintype API</title>
<link rel="stylesheet" href="docs/${STYLES}">
<link rel="icon" href="data:,">
</head>
<body>
<div id="docs"></div>
<script src="docs/${SCRIPT}"></script>
<script type="module" src="docs/start.js"></script>
</body>
</html>
`;

/**
 * Starts the page. It would fill every field with its example, and send them all: a filter that no image meets, a
 * checksum of other bytes, a key that was used before. So what may be left out is left empty.
 */
const START = `
const mayBeEmpty = (schema) => { delete schema.example; };

function clearParameters(operation) {
  for (const { in: place, required, schema } of operation.parameters ?? []) {
    if (place !== 'path' && !required) mayBeEmpty(schema);
  }
}

function clearForm(operation) {
  const { properties = {}, required = [] } = operation.requestBody?.content['multipart/form-data']?.schema ?? {};
  for (const [name, schema] of Object.entries(properties)) {
    // Text without an example is given one: its type's name.
    if (!required.includes(name) && name !== 'user_id') schema.example = schema.anyOf ? [] : '';
  }
}

const answer = await fetch('openapi.json');
const spec = await answer.json();
for (const operation of Object.values(spec.paths).flatMap((methods) => Object.values(methods))) {
  clearParameters(operation);
  clearForm(operation);
}

/** It would send the fields of a form that are empty, too. */
function requestInterceptor(request) {
  if (request.body instanceof FormData) {
    for (const [name, value] of [...request.body]) if (value === '') request.body.delete(name);
  }
  return request;
}

SwaggerUIBundle({ spec, requestInterceptor, dom_id: '#docs', deepLinking: true, validatorUrl: null });
`;

/** Nothing but what this service itself serves; the pages' own styles are inline. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The browsable page of the API; it works without internet access. */
export function docsPage(c: Context<Env>): Response {
  return c.body(PAGE, 200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP });
}

const require = createRequire(import.meta.url);

/** The files that the page is made of: from the package, read when asked for. */
export async function docsFile(c: Context<Env>): Promise<Response> {
  const name = c.req.param('file');
  if (name === 'start.js') return c.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' });
  if (name !== STYLES && name !== SCRIPT) return c.notFound();
  const bytes = await readFile(require.resolve(`swagger-ui-dist/${name}`));
  const type = name === STYLES ? 'text/css' : 'text/javascript';
  return c.body(bytes, 200, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
  });
}
