/** One request, as API Gateway passes it to a function. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** Name and value pairs; a name may come again. */
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** What a function answers to API Gateway. */
export interface GatewayAnswer {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** REST APIs (v1). */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  /** HTTP APIs and function URLs (v2). */
  readonly headers?: Readonly<Record<string, string>>;
}

const HOST = 'api.example.com';

/**
 * An event of a REST API (payload 1.0), whose binary media types are all:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function restEvent({ method, path, query = [], headers = {}, body }: GatewayRequest): object {
  const all: Record<string, string> = { Host: HOST, ...headers };
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: all,
    multiValueHeaders: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])),
    queryStringParameters: query.length > 0 ? Object.fromEntries(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? grouped(query) : null,
    pathParameters: null,
    stageVariables: null,
    requestContext: { stage: 'live', httpMethod: method, path: `/live${path}`, domainName: HOST },
    body: body ? body.toString('base64') : null,
    isBase64Encoded: body !== undefined,
  };
}

/**
 * An event of an HTTP API (payload 2.0):
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent({ method, path, query = [], headers = {}, body }: GatewayRequest): object {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: String(
      new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])),
    ),
    headers: { host: HOST, ...headers },
    requestContext: { stage: '$default', domainName: HOST, http: { method, path } },
    ...(body ? { body: body.toString('base64') } : {}),
    isBase64Encoded: body !== undefined,
  };
}

/**
 * An event of a function URL that CloudFront calls, with the path as it was sent:
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 * @param target path and query.
 */
export function functionUrlEvent(target: string, method = 'GET'): object {
  const [rawPath = '', rawQueryString = ''] = target.split('?');
  const domainName = 'abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: {
      host: domainName,
      'user-agent': 'Amazon CloudFront',
      via: '2.0 edge.cloudfront.net (CloudFront)',
    },
    requestContext: { stage: '$default', domainName, http: { method, path: rawPath, protocol: 'HTTP/1.1' } },
    isBase64Encoded: false,
  };
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) groups[name] = [...(groups[name] ?? []), value];
  return groups;
}
