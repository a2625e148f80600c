import { createHash } from 'node:crypto';
import { openApiDocument } from '../service/src/http/openapi.ts';

/** The OpenAPI document that the client's types are made from; the address in it is nobody's. */
export function documentForTypes(): object {
  return openApiDocument('http://127.0.0.1:3000');
}

/** What the document is told by: `sha256:` and 64 hex digits. Descriptions count, since they become comments. */
export function documentDigest(): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(documentForTypes())).digest('hex')}`;
}
