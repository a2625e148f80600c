import { OAuth2Server } from 'oauth2-mock-server';
import { onTestFinished } from 'vitest';

const AUDIENCE = 'tintype-of-the-tests';
const SCOPE = 'images:read images:write';

/** An OpenID provider that signs everybody in as the user it is told, without asking. */
export interface Provider {
  readonly origin: string;
  /** What makes a server believe it, and the gallery sign in there. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on. */
  signInAs(user: string): void;
  /** Refresh tokens are no longer good from now on. */
  refuseRefreshing(): void;
}

/** Starts a provider, until the test ends. */
export async function startProvider(user = 'alice'): Promise<Provider> {
  const provider = new OAuth2Server();
  await provider.issuer.keys.generate('RS256');
  await provider.start(undefined, '127.0.0.1');
  onTestFinished(() => provider.stop());
  let current = user;
  let isRefusing = false;
  provider.service.on('beforeTokenSigning', ({ payload }: { payload: Record<string, unknown> }) => {
    payload['sub'] = current;
    // The other one is the ID token, which is for the gallery itself.
    if (payload['amr']) Object.assign(payload, { aud: AUDIENCE, scope: SCOPE });
  });
  provider.service.on('beforeResponse', (response, request) => {
    if (!isRefusing || request.body.grant_type !== 'refresh_token') return;
    response.statusCode = 400;
    response.body = { error: 'invalid_grant' };
  });
  const issuer = provider.issuer.url ?? '';
  return {
    origin: new URL(issuer).origin,
    env: {
      AUTH: 'jwt',
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_URL: `${issuer}/jwks`,
      GALLERY_CLIENT_ID: 'gallery-of-the-tests',
    },
    signInAs(next) {
      current = next;
    },
    refuseRefreshing() {
      isRefusing = true;
    },
  };
}
