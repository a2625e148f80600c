import { type ReadonlySignal, signal } from '@preact/signals';
import type { TokenStore } from './token-store.ts';
import { SignInError, type Tokens } from './tokens.ts';

/** A token that ends this soon is renewed first: a request takes its time, and clocks differ. */
const MARGIN_MS = 30_000;

/** The token that requests carry, renewed in time where it can be. */
export interface Access {
  /** True from when a token is refused, or has ended, and cannot be renewed, until there is another. */
  readonly hasEnded: ReadonlySignal<boolean>;
  /** The token for a request that is sent now. */
  token(): Promise<string | undefined>;
  /**
   * Told that the service has refused a token.
   * @returns another one to try with; undefined where there is none.
   */
  refused(token: string | undefined): Promise<string | undefined>;
  use(tokens: Tokens): void;
  forget(): void;
}

/**
 * @param refresh makes new tokens of a refresh token; SignInError where that is no longer good.
 * @param now milliseconds since 1970.
 */
export function createAccess(
  store: TokenStore,
  refresh: ((refresh_token: string) => Promise<Tokens>) | undefined,
  now: () => number = Date.now,
): Access {
  const hasEnded = signal(false);
  let renewal: Promise<string | undefined> | undefined;

  async function renewed(): Promise<string | undefined> {
    const refresh_token = store.get()?.refresh_token;
    if (refresh === undefined || refresh_token === undefined) return undefined;
    try {
      const tokens = await refresh(refresh_token);
      // Somebody may have signed out, or in again, meanwhile.
      if (store.get()?.refresh_token === refresh_token) {
        store.set(tokens);
        // It may only have been that the provider was not reached.
        hasEnded.value = false;
      }
      return store.get()?.access_token;
    } catch (error) {
      // Nobody has said that it is not good: there will be another try.
      if (!(error instanceof SignInError)) throw error;
      return undefined;
    }
  }

  /** One at a time: a refresh token may be good for one use only. */
  function renew(): Promise<string | undefined> {
    renewal ??= renewed().finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  return {
    hasEnded,
    async token() {
      const { access_token, expires_at } = store.get() ?? {};
      if (access_token === undefined || expires_at === undefined || expires_at - MARGIN_MS > now()) {
        return access_token;
      }
      // Where it cannot be renewed the service decides whether it is still good: clocks differ.
      return (await renew().catch(() => undefined)) ?? access_token;
    },
    async refused(token) {
      const current = store.get()?.access_token;
      if (current !== undefined && current !== token) return current;
      const another = await renew().catch(() => undefined);
      if (another === undefined || another === token) {
        hasEnded.value = true;
        return undefined;
      }
      return another;
    },
    use(tokens) {
      store.set(tokens);
      hasEnded.value = false;
    },
    forget: () => store.clear(),
  };
}
