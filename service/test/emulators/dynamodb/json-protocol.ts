import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { DynamoDbFailure, type Json } from './model.ts';

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const TARGET_PREFIX = 'DynamoDB_20120810.';

const NAMESPACES: Readonly<Record<string, string>> = {
  ValidationException: 'com.amazon.coral.validate',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
  MissingAuthenticationTokenException: 'com.amazon.coral.service',
};

/** DynamoDB's protocol: a POST of JSON, with the action in a header. Signatures are asked for, not verified. */
export function listenerFor(handle: (action: string, input: Json) => Promise<Json>): RequestListener {
  return (request, response) => {
    respond(request, handle)
      .then((output) => send(response, 200, output))
      .catch((error: unknown) => {
        if (error instanceof DynamoDbFailure) send(response, 400, failureBody(error));
        else send(response, 500, failureBody(new DynamoDbFailure('InternalServerError', String(error))));
      });
  };
}

async function respond(
  request: IncomingMessage,
  handle: (action: string, input: Json) => Promise<Json>,
): Promise<Json> {
  const body = await buffer(request);
  const target = String(request.headers['x-amz-target'] ?? '');
  if (request.method !== 'POST' || !target.startsWith(TARGET_PREFIX)) {
    throw new DynamoDbFailure('UnknownOperationException', '');
  }
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new DynamoDbFailure(
      'MissingAuthenticationTokenException',
      'Request is missing Authentication Token',
    );
  }
  return handle(target.slice(TARGET_PREFIX.length), parse(body));
}

function parse(body: Buffer): Json {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Json;
  } catch {
    // Not JSON: the same answer as for JSON that is no object.
  }
  throw new DynamoDbFailure('SerializationException', '');
}

function failureBody({ code, message, details }: DynamoDbFailure): Json {
  const namespace = NAMESPACES[code] ?? 'com.amazonaws.dynamodb.v20120810';
  return { __type: `${namespace}#${code}`, message, ...details };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(body));
}
