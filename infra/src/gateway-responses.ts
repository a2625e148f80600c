import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { ErrorCode } from '../../service/src/domain/errors.ts';
import { PROBLEM_JSON, problemOf } from '../../service/src/http/problem.ts';

interface Refusal {
  readonly type: ResponseType;
  readonly code: ErrorCode;
  /** For people. API Gateway's own words are not used: they are not escaped for JSON. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const WHAT_IS_WRONG = { 'X-Validation-Error': 'context.error.validationErrorString' };
const SOON = { 'Retry-After': "'1'" };
const WHO = { 'WWW-Authenticate': "'Bearer'" };

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
const REFUSALS: readonly Refusal[] = [
  {
    type: ResponseType.BAD_REQUEST_BODY,
    code: 'invalid_request',
    detail: 'The body is not what this operation takes. The header X-Validation-Error says where.',
    headers: WHAT_IS_WRONG,
  },
  {
    type: ResponseType.BAD_REQUEST_PARAMETERS,
    code: 'invalid_request',
    detail: 'A parameter is missing. The header X-Validation-Error says which.',
    headers: WHAT_IS_WRONG,
  },
  { type: ResponseType.UNAUTHORIZED, code: 'unauthenticated', detail: 'A token is needed.', headers: WHO },
  {
    type: ResponseType.EXPIRED_TOKEN,
    code: 'unauthenticated',
    detail: 'The token has expired.',
    headers: WHO,
  },
  { type: ResponseType.ACCESS_DENIED, code: 'forbidden', detail: 'The token does not allow this.' },
  { type: ResponseType.INVALID_API_KEY, code: 'forbidden', detail: 'The API key is not known.' },
  { type: ResponseType.WAF_FILTERED, code: 'forbidden', detail: 'The request looks like an attack.' },
  // What API Gateway says when no route matches.
  {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    code: 'not_found',
    detail: 'There is nothing at this path for this method.',
  },
  { type: ResponseType.RESOURCE_NOT_FOUND, code: 'not_found', detail: 'There is nothing at this path.' },
  {
    type: ResponseType.REQUEST_TOO_LARGE,
    code: 'payload_too_large',
    detail: 'The request is larger than this address takes. Start an upload at /images/uploads.',
  },
  {
    type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
    code: 'unsupported_media_type',
    detail: 'This operation does not take this content type.',
  },
  { type: ResponseType.THROTTLED, code: 'rate_limited', detail: 'Too many requests at once.', headers: SOON },
  { type: ResponseType.QUOTA_EXCEEDED, code: 'rate_limited', detail: "The API key's quota is used up." },
  {
    type: ResponseType.INTEGRATION_TIMEOUT,
    code: 'unavailable',
    detail: 'The answer took too long.',
    headers: SOON,
  },
  {
    type: ResponseType.INTEGRATION_FAILURE,
    code: 'unavailable',
    detail: 'This cannot be done now.',
    headers: SOON,
  },
  { type: ResponseType.DEFAULT_4XX, code: 'invalid_request', detail: 'The request cannot be understood.' },
  { type: ResponseType.DEFAULT_5XX, code: 'internal', detail: 'Something went wrong on our side.' },
];

/** The gateway's own answers, in the shape that all errors have, and readable to the pages that may call. */
export function addGatewayResponses(api: RestApi, corsOrigins: readonly string[]): void {
  const [origin] = corsOrigins;
  for (const { type, code, detail, headers = {} } of REFUSALS) {
    const { status, ...problem } = problemOf(code, detail, '$context.requestId');
    api.addGatewayResponse(`Answer${type.responseType}`, {
      type,
      // A default keeps the status of what it stands for, whatever that is.
      ...(isDefault(type) ? {} : { statusCode: String(status) }),
      responseHeaders: {
        'Content-Type': `'${PROBLEM_JSON}'`,
        'X-Request-Id': 'context.requestId',
        ...headers,
        // API Gateway cannot choose by the request: with several origins the pages of all may read errors.
        ...(origin === undefined
          ? {}
          : { 'Access-Control-Allow-Origin': corsOrigins.length === 1 ? `'${origin}'` : "'*'" }),
      },
      templates: { 'application/json': JSON.stringify(isDefault(type) ? problem : { ...problem, status }) },
    });
  }
}

function isDefault(type: ResponseType): boolean {
  return type === ResponseType.DEFAULT_4XX || type === ResponseType.DEFAULT_5XX;
}
