import { expect, test } from 'vitest';
import type { ErrorCode as CodeOfService } from '../../service/src/domain/errors.ts';
import { errorOf } from '../src/errors.ts';
import type { KnownErrorCode } from '../src/index.ts';

/** The compiler holds the two lists against each other. */
type Unknown = Exclude<CodeOfService, KnownErrorCode>;
type Invented = Exclude<KnownErrorCode, CodeOfService | 'network' | 'unexpected_answer'>;
const differing: readonly (Unknown | Invented)[] = [] satisfies readonly never[];

const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  errorOf({ status, body, header: (name) => headers[name] ?? null });

test('the codes are those of the service, and two of its own', () => {
  const none: readonly never[] = differing;
  expect(none).toEqual([]);
});

test.each([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'payload_too_large'],
  [429, 'rate_limited'],
  [502, 'unavailable'],
  [504, 'unavailable'],
  [418, 'unexpected_answer'],
])('an answer %s that is not of the service is %s', (status, code) => {
  const error = answer(status, '<html></html>', { 'x-request-id': 'r-9', 'retry-after': '12' });
  expect(error).toMatchObject({ code, status, request_id: 'r-9', retryAfterSeconds: 12 });
});

test('what an answer does not say, its error does not have', () => {
  const error = answer(500, { code: 'internal', detail: 'Something went wrong.' });
  expect(error.message).toBe('Something went wrong.');
  expect(Object.keys(error)).not.toContain('retryAfterSeconds');
  expect(Object.keys(error)).not.toContain('errors');
});

test('a Retry-After that is neither a number nor a date says nothing', () => {
  expect(answer(503, '', { 'retry-after': 'soon' }).retryAfterSeconds).toBeUndefined();
});
