import { expect, test } from 'vitest';
import {
  DomainError,
  invalidField,
  invalidRequest,
  isDomainError,
  payloadTooLarge,
  unavailable,
} from './errors.ts';

test('an error is known by its code', () => {
  const error = new DomainError('conflict', 'Changed.');
  expect(error).toBeInstanceOf(Error);
  expect(isDomainError(error)).toBe(true);
  expect(isDomainError(error, 'conflict')).toBe(true);
  expect(isDomainError(error, 'not_found')).toBe(false);
});

test.each([
  new Error('conflict'),
  Object.assign(new Error('x'), { code: 'conflict' }),
  'conflict',
  null,
  undefined,
])('%s is none of ours', (error) => {
  expect(isDomainError(error)).toBe(false);
  expect(isDomainError(error, 'conflict')).toBe(false);
});

test('what is wrong with a request is said field by field, and in one sentence', () => {
  const errors = [
    { field: 'title', message: 'is too long' },
    { field: 'tags.0', message: 'must not be empty' },
  ];
  const error = invalidRequest(errors);
  expect(error).toMatchObject({ code: 'invalid_request', errors });
  expect(error.message).toBe('The request is not valid. title: is too long; tags.0: must not be empty');
  expect(invalidField('title', 'is too long').errors).toEqual(errors.slice(0, 1));
});

test('a cause is kept for the log, and none is none', () => {
  const cause = new Error('/data/index.db: disk I/O error');
  const error = unavailable('The image index cannot do this now.', cause);
  expect(error.cause).toBe(cause);
  expect(error.message).not.toContain('disk');
  expect('cause' in new DomainError('conflict', 'Changed.')).toBe(false);
});

test('a limit is named', () => {
  expect(payloadTooLarge('The image', 100)).toMatchObject({
    code: 'payload_too_large',
    message: 'The image is larger than the limit of 100 bytes.',
  });
});
