import type { JwtConfig } from '../../src/config/auth.ts';
import type { Config } from '../../src/config/config.ts';
import type { Scope } from '../../src/domain/caller.ts';
import { signToken } from '../../src/drivers/jose/sign-token.ts';
import type { TestHome } from './homes.ts';

const ISSUER = { issuer: 'https://issuer.example', audience: 'tintype', userClaim: 'sub', scopePrefix: '' };
const SECRET = 'a secret for tests of 32 letters';

const JWT: JwtConfig = {
  kind: 'jwt',
  ...ISSUER,
  algorithms: ['HS256'],
  keys: { kind: 'secret', secret: SECRET },
  introspection: undefined,
  stepUp: undefined,
};

/** A home where callers are asked who they are. */
export const ASKING: Pick<Config, 'auth' | 'localOnly'> = { auth: JWT, localOnly: false };

/** A token that such a home takes for an hour. */
export function tokenOf(user_id: string, ...scopes: readonly Scope[]): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return signToken({
    ...ISSUER,
    secret: SECRET,
    user_id,
    scopes,
    issued_at: now - 10,
    expires_at: now + 3600,
  });
}

type Home = Omit<TestHome, 'close'>;

/** The same home, to which every request is sent with this token. */
export function withToken(home: Home, token: string): Home {
  return {
    get context() {
      return home.context;
    },
    get clock() {
      return home.clock;
    },
    get openSearch() {
      return home.openSearch;
    },
    request(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${token}`);
      return home.request(path, { ...init, headers });
    },
    follow: (url, init) => home.follow(url, init),
    stored: () => home.stored(),
    workOff: () => home.workOff(),
  };
}
