import { effect, type Signal, signal } from '@preact/signals';

const NAME = 'tintype.user';

/** Who one is, where nobody has said. */
const DEFAULT = 'me';

/** As the service limits it: bytes of UTF-8. */
const MOST_BYTES = 128;

/**
 * Why a text cannot be a user's id, in words.
 * @returns undefined where it can.
 */
export function refusalOfUserId(text: string): string | undefined {
  if (text === '') return 'Say who you are: it cannot be empty.';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what an id must not have
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return 'It cannot have control characters in it.';
  if (new TextEncoder().encode(text).length > MOST_BYTES) return 'That is too long.';
  return undefined;
}

/** The user that was chosen last in this browser, for services that ask nobody who they are. */
export function rememberedUser(storage: Storage | undefined): Signal<string> {
  const kept = storage?.getItem(NAME) ?? DEFAULT;
  const user = signal(refusalOfUserId(kept) === undefined ? kept : DEFAULT);
  effect(() => storage?.setItem(NAME, user.value));
  return user;
}
