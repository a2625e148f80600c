import { describe, expect, it } from 'vitest';
import type { SignInSettings } from './settings.ts';
import { createSignInRequest, refusalOfToken } from './sign-in.ts';
import { SignInError, type Tokens } from './tokens.ts';

const AUTH: SignInSettings = {
  issuer: 'https://issuer.example',
  client_id: null,
  scope: 'openid',
  user_claim: 'email',
};

const FAR = 4_000_000_000;

/** A token of these claims, whose signature nobody here looks at. */
function tokenOf(claims: object): string {
  return `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.c2ln`;
}

/** Somebody who signs in by pasting, at a service that accepts or not. */
function pasting(accept: (tokens: Tokens) => Promise<void> = async () => {}) {
  const accepted: Tokens[] = [];
  const request = createSignInRequest({
    auth: AUTH,
    provider: undefined,
    base: new URL('https://tintype.example/'),
    by: 'page',
    async accept(tokens) {
      await accept(tokens);
      accepted.push(tokens);
    },
  });
  return { request, accepted };
}

describe('a token that is pasted', () => {
  it('signs in, with what was copied around it', async () => {
    const { request, accepted } = pasting();
    const token = tokenOf({ email: 'alice@example.com', exp: FAR });
    await request.useToken(`  Bearer ${token}\n`);
    expect(accepted).toEqual([{ access_token: token, expires_at: FAR * 1000 }]);
    expect(request.problem.value).toBeNull();
  });

  it('is refused in words where it can be none, until one is pasted that is accepted', async () => {
    const { request, accepted } = pasting();
    await request.useToken('hello');
    expect(request.problem.value).toMatch(/no token for this service/);
    await request.useToken(tokenOf({ email: 'alice@example.com' }));
    expect([request.problem.value, accepted.length]).toEqual([null, 1]);
  });

  it.each([
    [new SignInError('The service does not accept this token.'), 'The service does not accept this token.'],
    [new Error('ECONNRESET at 10.0.0.7'), 'The sign-in did not succeed. Try again.'],
  ])('that the service refuses says why, and nothing that is not for people: %s', async (error, words) => {
    const { request } = pasting(() => Promise.reject(error));
    await request.useToken(tokenOf({ email: 'alice@example.com' }));
    expect(request.problem.value).toBe(words);
  });

  it.each([
    ['', 'Paste a token first.'],
    [tokenOf({ sub: 'alice' }), 'This is no token for this service: it does not name a user.'],
    [tokenOf({ email: 'a@b.c', exp: 1000 }), 'This token has ended. Ask for another.'],
    [tokenOf({ email: 'a@b.c', exp: 1001 }), undefined],
  ])('%j: %s', (token, refusal) => {
    expect(refusalOfToken(token, 'email', 1_000_000)).toBe(refusal);
  });
});
