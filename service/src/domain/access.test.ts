import { describe, expect, test } from 'vitest';
import { listedUserOf, mayActFor, mayUse, mustActFor, userOf } from './access.ts';
import { ANONYMOUS, type Caller, type Scope } from './caller.ts';

const callerWith = (user_id: string, ...scopes: Scope[]): Caller => ({
  ...ANONYMOUS,
  user_id,
  scopes: new Set(scopes),
});

const alice = callerWith('alice', 'images:read', 'images:write');
const reader = callerWith('alice', 'images:read');
const admin = callerWith('root', 'images:admin');

describe('a caller', () => {
  test.each([
    ['may use what their token allows', reader, 'images:read', true],
    ['may not use what it does not', reader, 'images:write', false],
    ['may not do what admins may', alice, 'images:admin', false],
    ['may use everything as an admin', admin, 'images:write', true],
    ['may use everything where nobody is asked', ANONYMOUS, 'images:admin', true],
  ] as const)('%s', (_what, caller, scope, expected) => {
    expect(mayUse(caller, scope)).toBe(expected);
  });

  test.each([
    ['themselves', alice, 'alice', true],
    ['nobody else, however alike', alice, 'Alice', false],
    ['anybody as an admin', admin, 'alice', true],
    ['anybody where nobody is asked', ANONYMOUS, 'alice', true],
  ] as const)('acts for %s', (_what, caller, user_id, expected) => {
    expect(mayActFor(caller, user_id)).toBe(expected);
    if (expected) expect(() => mustActFor(caller, user_id)).not.toThrow();
    else
      expect(() => mustActFor(caller, user_id)).toThrow(
        expect.objectContaining({ code: 'forbidden', owner: user_id }),
      );
  });

  test('is the user who is meant where none is named', () => {
    expect(userOf(alice, undefined)).toBe('alice');
    expect(userOf(alice, 'alice')).toBe('alice');
    expect(userOf(admin, 'alice')).toBe('alice');
    expect(() => userOf(alice, 'bob')).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });

  test('must name a user where nobody is asked who they are', () => {
    expect(userOf(ANONYMOUS, 'alice')).toBe('alice');
    expect(() => userOf(ANONYMOUS, undefined)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        errors: [{ field: 'user_id', message: 'is missing' }],
      }),
    );
  });

  test('lists what is theirs, and everything only as an admin or where nobody is asked', () => {
    expect(listedUserOf(alice, undefined)).toBe('alice');
    expect(listedUserOf(alice, 'alice')).toBe('alice');
    expect(() => listedUserOf(alice, 'bob')).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(listedUserOf(admin, undefined)).toBeUndefined();
    expect(listedUserOf(admin, 'alice')).toBe('alice');
    expect(listedUserOf(ANONYMOUS, undefined)).toBeUndefined();
  });
});
