import { describe, expect, it } from 'vitest';
import { claimsOf, endOfToken, userOfToken } from './token-claims.ts';

/** A token of these claims, whose signature nobody here looks at. */
function tokenOf(claims: unknown): string {
  const part = (value: unknown) =>
    btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

describe('what a token says of itself', () => {
  it('names its user by the claim that the service reads', () => {
    const token = tokenOf({ sub: 'auth0|17', email: 'alice@example.com' });
    expect(userOfToken(token)).toBe('auth0|17');
    expect(userOfToken(token, 'email')).toBe('alice@example.com');
    expect(userOfToken(token, 'phone')).toBeUndefined();
  });

  it('is read as UTF-8, also where base64url differs from base64', () => {
    expect(userOfToken(tokenOf({ sub: 'Zoë ÿÿÿ>>>???' }))).toBe('Zoë ÿÿÿ>>>???');
  });

  it('tells when it ends, in milliseconds', () => {
    expect(endOfToken(tokenOf({ exp: 1_800_000_000 }))).toBe(1_800_000_000_000);
    expect(endOfToken(tokenOf({}))).toBeUndefined();
  });

  it.each(['', 'opaque', 'a.b', 'a.%%%.c', `a.${btoa('[1]')}.c`, `a.${btoa('null')}.c`])(
    'is nothing where it is no token of that kind (%j)',
    (token) => {
      expect(claimsOf(token)).toBeUndefined();
      expect(userOfToken(token)).toBeUndefined();
    },
  );
});
