import type { TestHome } from './homes.ts';
import type { Claims, TokenIssuer } from './token-issuer.ts';

type Home = Omit<TestHome, 'close'>;

/** A home as whoever shows this sees it; undefined: nothing is shown. */
export function showing(home: Home, authorization: string | undefined): Home {
  return {
    context: home.context,
    clock: home.clock,
    openSearch: home.openSearch,
    request(path, init = {}) {
      const headers = new Headers(init.headers);
      if (authorization !== undefined) headers.set('authorization', authorization);
      return home.request(path, { ...init, headers });
    },
    follow: (url, init) => home.follow(url, init),
    stored: () => home.stored(),
    workOff: () => home.workOff(),
  };
}

/** A home as this user sees it, with both scopes unless it is said otherwise. */
export async function asUser(
  home: Home,
  issuer: Pick<TokenIssuer, 'token'>,
  sub: string,
  claims: Claims = {},
): Promise<Home> {
  return showing(home, `Bearer ${await issuer.token({ sub, ...claims })}`);
}
