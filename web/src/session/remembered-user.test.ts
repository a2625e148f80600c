import { describe, expect, it } from 'vitest';
import { refusalOfUserId, rememberedUser } from './remembered-user.ts';

/** As localStorage is, of one item. */
function storageWith(user: string | null) {
  let kept = user;
  const storage = {
    getItem: () => kept,
    setItem: (_name: string, value: string) => {
      kept = value;
    },
  };
  return { storage: storage as unknown as Storage, kept: () => kept };
}

describe('the user of a service that asks nobody', () => {
  it('is "me" until another is chosen, who is remembered', () => {
    const { storage, kept } = storageWith(null);
    const user = rememberedUser(storage);
    expect(user.value).toBe('me');
    user.value = 'alice';
    expect(kept()).toBe('alice');
    expect(rememberedUser(storage).value).toBe('alice');
  });

  it('is "me" where there is no storage, or nonsense in it', () => {
    expect(rememberedUser(undefined).value).toBe('me');
    expect(rememberedUser(storageWith('').storage).value).toBe('me');
    expect(rememberedUser(storageWith('a\nb').storage).value).toBe('me');
  });

  it.each([
    ['alice', true],
    ['Zoë #1/…', true],
    ['x'.repeat(128), true],
    ['', false],
    ['x'.repeat(129), false],
    ['ë'.repeat(65), false],
    ['tab\there', false],
  ])('can be called %j: %s', (name, can) => {
    expect(refusalOfUserId(name) === undefined).toBe(can);
  });
});
