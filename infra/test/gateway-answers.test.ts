import { describe, expect, test } from 'vitest';
import { PROBLEM_JSON, problemOf } from '../../service/src/http/problem.ts';
import { type Resource, Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

/** What the gateway answers on its own, with the status that callers then see. */
const STATUSES: Readonly<Record<string, number | undefined>> = {
  BAD_REQUEST_BODY: 400,
  BAD_REQUEST_PARAMETERS: 400,
  UNAUTHORIZED: 401,
  EXPIRED_TOKEN: 401,
  ACCESS_DENIED: 403,
  INVALID_API_KEY: 403,
  WAF_FILTERED: 403,
  MISSING_AUTHENTICATION_TOKEN: 404,
  RESOURCE_NOT_FOUND: 404,
  REQUEST_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  THROTTLED: 429,
  QUOTA_EXCEEDED: 429,
  INTEGRATION_TIMEOUT: 503,
  INTEGRATION_FAILURE: 503,
  // They stand for others, and keep the status of those.
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
};

const REQUEST_ID = '6f0b1c3e-93a4-4bb5-8a0e-9f6d3c1b2a10';

const answersOf = (made: Synthesized) =>
  new Map(
    made
      .resources('service', 'AWS::ApiGateway::GatewayResponse')
      .map((resource) => [String(resource.Properties['ResponseType']), resource]),
  );

/** The body as a caller gets it. */
function bodyOf({ Properties }: Resource): Readonly<Record<string, unknown>> {
  const templates = Properties['ResponseTemplates'] as Readonly<Record<string, string>>;
  expect(Object.keys(templates)).toEqual(['application/json']);
  const text = String(templates['application/json']).replaceAll('$context.requestId', REQUEST_ID);
  expect(text).not.toMatch(/\$\w/);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

const headersOf = ({ Properties }: Resource) =>
  Object.fromEntries(
    Object.entries(Properties['ResponseParameters'] as Readonly<Record<string, string>>).map(
      ([name, value]) => [name.replace('gatewayresponse.header.', '').toLowerCase(), value],
    ),
  );

describe.each(VARIANTS)("the gateway's own answers of %s", (variant) => {
  const made = new Synthesized(variant);
  const answers = answersOf(made);

  test('are known here, all of them', () => {
    expect([...answers.keys()].sort()).toEqual(Object.keys(STATUSES).sort());
  });

  test.each([...answers])('have the shape of every problem: %s', (type, answer) => {
    const { code, detail, status, ...body } = bodyOf(answer);
    const known = problemOf(code as Parameters<typeof problemOf>[0], String(detail), REQUEST_ID);
    const { status: usual, ...rest } = known;
    expect({ ...body, code, detail }).toEqual(rest);
    expect(status).toBe(STATUSES[type]);
    expect(answer.Properties['StatusCode']).toBe(
      STATUSES[type] === undefined ? undefined : String(STATUSES[type]),
    );
    if (STATUSES[type] !== undefined) expect(usual).toBe(STATUSES[type]);
  });

  test.each([...answers])('are application/problem+json with the id of the request: %s', (_type, answer) => {
    expect(headersOf(answer)).toMatchObject({
      'content-type': `'${PROBLEM_JSON}'`,
      'x-request-id': 'context.requestId',
    });
  });

  test.each([...answers])(
    'can be read by pages of the origins that are set, and by no others: %s',
    (_type, answer) => {
      const [first, ...others] = made.stage.corsOrigins;
      const allowed = first === undefined ? undefined : others.length === 0 ? `'${first}'` : "'*'";
      expect(headersOf(answer)['access-control-allow-origin']).toBe(allowed);
    },
  );

  test('say when to come again, and what kind of token is wanted', () => {
    for (const [type, answer] of answers) {
      const headers = headersOf(answer);
      expect(headers['retry-after'] !== undefined, type).toBe(
        ['THROTTLED', 'INTEGRATION_TIMEOUT', 'INTEGRATION_FAILURE'].includes(type),
      );
      expect(headers['www-authenticate'], type).toBe(STATUSES[type] === 401 ? "'Bearer'" : undefined);
    }
  });
});
