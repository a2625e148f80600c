import { expect, test } from 'vitest';
import { DomainError } from '../../../domain/errors.ts';
import { diskFailure, systemCode } from './failures.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: /data/objects/secret`), { code });

test.each([
  ['ENOSPC', 'insufficient_storage'],
  ['EDQUOT', 'insufficient_storage'],
  ['EIO', 'unavailable'],
  ['EROFS', 'unavailable'],
  ['EACCES', 'unavailable'],
  ['EMFILE', 'unavailable'],
])('%s means %s, with the cause for the log and nothing of it for the caller', (code, meaning) => {
  const error = systemError(code);
  expect(diskFailure(error)).toBeInstanceOf(DomainError);
  expect(diskFailure(error)).toMatchObject({ code: meaning, cause: error });
  expect(diskFailure(error).message).not.toMatch(/data|E[A-Z]+/);
});

test('an error of the domain stays what it is', () => {
  const error = new DomainError('conflict', 'Taken.');
  expect(diskFailure(error)).toBe(error);
});

test('only errors of the system have its codes', () => {
  expect(systemCode(systemError('ENOENT'))).toBe('ENOENT');
  expect(systemCode(new Error('ENOENT'))).toBeUndefined();
  expect(systemCode('ENOENT')).toBeUndefined();
});
