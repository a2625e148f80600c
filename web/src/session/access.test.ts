import { describe, expect, it, vi } from 'vitest';
import { createAccess } from './access.ts';
import { createTokenStore } from './token-store.ts';
import { SignInError, type Tokens } from './tokens.ts';

const NOW = 1_800_000_000_000;

/** Access with these tokens at `NOW`, and what it renewed them with. */
function accessWith(tokens: Tokens | undefined, refresh?: (refresh_token: string) => Promise<Tokens>) {
  const store = createTokenStore(undefined, 'https://issuer.example');
  if (tokens) store.set(tokens);
  const spy = refresh && vi.fn(refresh);
  return { access: createAccess(store, spy, () => NOW), store, refresh: spy };
}

const OLD = { access_token: 'old', refresh_token: 'r1', expires_at: NOW + 1000 };
const NEW = { access_token: 'new', refresh_token: 'r2', expires_at: NOW + 3_600_000 };

describe('the token that requests carry', () => {
  it('is the one that there is while it is good for a while', async () => {
    const { access, refresh } = accessWith({ ...OLD, expires_at: NOW + 60_000 }, async () => NEW);
    expect(await access.token()).toBe('old');
    expect(refresh).not.toHaveBeenCalled();
  });

  it('is renewed once, for all requests that wait, before it ends', async () => {
    const { access, refresh, store } = accessWith(OLD, async () => NEW);
    expect(await Promise.all([access.token(), access.token(), access.token()])).toEqual([
      'new',
      'new',
      'new',
    ]);
    expect(refresh?.mock.calls).toEqual([['r1']]);
    expect(store.get()).toEqual(NEW);
  });

  it('is sent as it is where the provider does not answer: there is another try later', async () => {
    const answers: (() => Promise<Tokens>)[] = [
      () => Promise.reject(new TypeError('offline')),
      async () => NEW,
    ];
    const { access } = accessWith(OLD, () => (answers.shift() ?? (async () => NEW))());
    expect(await access.token()).toBe('old');
    expect(access.hasEnded.value).toBe(false);
    expect(await access.token()).toBe('new');
  });

  it('is none before anybody has signed in', async () => {
    expect(await accessWith(undefined).access.token()).toBeUndefined();
  });
});

describe('a token that the service refuses', () => {
  it('is renewed, and the request can be sent again', async () => {
    const { access } = accessWith({ ...OLD, expires_at: NOW + 3_600_000 }, async () => NEW);
    expect(await access.refused('old')).toBe('new');
    expect(access.hasEnded.value).toBe(false);
  });

  it('gives way to one that has been renewed meanwhile', async () => {
    const { access, refresh } = accessWith(NEW, async () => OLD);
    expect(await access.refused('old')).toBe('new');
    expect(refresh).not.toHaveBeenCalled();
  });

  it.each([
    ['there is no refresh token', { access_token: 'old' }, async () => NEW],
    ['the refresh token has ended', OLD, () => Promise.reject(new SignInError('ended'))],
    ['the provider does not answer', OLD, () => Promise.reject(new TypeError('offline'))],
  ])('ends the session where %s, until somebody signs in again', async (_why, tokens, refresh) => {
    const { access } = accessWith(tokens, refresh);
    expect(await access.refused('old')).toBeUndefined();
    expect(access.hasEnded.value).toBe(true);
    access.use(NEW);
    expect(access.hasEnded.value).toBe(false);
    expect(await access.token()).toBe('new');
  });

  it('goes on by itself once the provider answers again', async () => {
    let isReached = false;
    const { access } = accessWith(OLD, async () => {
      if (!isReached) throw new TypeError('offline');
      return NEW;
    });
    await access.refused('old');
    expect(access.hasEnded.value).toBe(true);
    isReached = true;
    expect(await access.token()).toBe('new');
    expect(access.hasEnded.value).toBe(false);
  });

  it('does not bring back what was signed out of while it was renewed', async () => {
    const { access, store } = accessWith(OLD, async () => {
      access.forget();
      return NEW;
    });
    expect(await access.refused('old')).toBeUndefined();
    expect(store.get()).toBeUndefined();
  });
});
