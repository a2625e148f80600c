import { describe, expect, it } from 'vitest';
import { createTokenStore } from './token-store.ts';

/** As sessionStorage is. */
function newStorage(): Storage {
  const held = new Map<string, string>();
  return {
    get length() {
      return held.size;
    },
    clear: () => held.clear(),
    getItem: (name) => held.get(name) ?? null,
    key: (at) => [...held.keys()][at] ?? null,
    removeItem: (name) => void held.delete(name),
    setItem: (name, value) => void held.set(name, value),
  };
}

describe('the tokens of a tab', () => {
  it('are there again after the page is loaded anew, for the same issuer only', () => {
    const storage = newStorage();
    createTokenStore(storage, 'https://one.example').set({ access_token: 'a', refresh_token: 'r' });
    expect(createTokenStore(storage, 'https://one.example').get()).toEqual({
      access_token: 'a',
      refresh_token: 'r',
    });
    expect(createTokenStore(storage, 'https://two.example').get()).toBeUndefined();
  });

  it('are gone once forgotten', () => {
    const storage = newStorage();
    const store = createTokenStore(storage, 'https://one.example');
    store.set({ access_token: 'a' });
    store.clear();
    expect([store.get(), storage.length]).toEqual([undefined, 0]);
  });

  it.each(['{', 'null', '{"access_token":1}'])('are none where what was kept is broken (%s)', (text) => {
    const storage = newStorage();
    storage.setItem('tintype.tokens https://one.example', text);
    expect(createTokenStore(storage, 'https://one.example').get()).toBeUndefined();
  });
});
