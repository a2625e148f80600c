import type { Tokens } from './tokens.ts';

/**
 * Keeps the tokens of one tab: in memory, and in its sessionStorage, which ends with the tab and which other
 * tabs do not see. Never in localStorage.
 */
export interface TokenStore {
  get(): Tokens | undefined;
  set(tokens: Tokens): void;
  clear(): void;
}

/** @param storage undefined where the browser has none for this page. */
export function createTokenStore(storage: Storage | undefined, issuer: string): TokenStore {
  // Another service at the same origin may believe another issuer.
  const name = `tintype.tokens ${issuer}`;
  let kept = tokensIn(storage?.getItem(name));
  return {
    get: () => kept,
    set(tokens) {
      kept = tokens;
      storage?.setItem(name, JSON.stringify(tokens));
    },
    clear() {
      kept = undefined;
      storage?.removeItem(name);
    },
  };
}

function tokensIn(text: string | null | undefined): Tokens | undefined {
  if (!text) return undefined;
  try {
    const tokens = JSON.parse(text) as Tokens;
    return typeof tokens.access_token === 'string' ? tokens : undefined;
  } catch {
    return undefined;
  }
}
