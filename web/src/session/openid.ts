import * as oauth from 'oauth4webapi';
import type { SignInSettings } from './settings.ts';
import { endOfToken } from './token-claims.ts';
import { SignInError, type Tokens } from './tokens.ts';

/** What has to be remembered between leaving for the provider and coming back. */
export interface SignInUnderWay {
  readonly state: string;
  readonly nonce: string;
  readonly code_verifier: string;
  readonly redirect_uri: string;
}

/** A registration with an OpenID provider. */
export type ProviderSettings = SignInSettings & { readonly client_id: string };

/**
 * Signs in with an OpenID provider: authorization code with PKCE (RFC 7636), as RFC 9700 asks of pages. State,
 * nonce and the provider's name in the answer are checked.
 */
export interface OpenIdProvider {
  /**
   * Where to send the browser.
   * @param prefix what the state begins with, for whoever finds it in the address.
   */
  authorizationUrl(redirect_uri: string, prefix?: string): Promise<{ url: URL; underWay: SignInUnderWay }>;
  /**
   * @param answer what the provider added to the redirect's address.
   * @throws SignInError
   */
  exchange(answer: URLSearchParams, underWay: SignInUnderWay): Promise<Tokens>;
  /**
   * @throws SignInError where the refresh token is no longer good; another Error where the provider was not
   *   reached.
   */
  refresh(refresh_token: string): Promise<Tokens>;
}

export function createOpenIdProvider(settings: ProviderSettings): OpenIdProvider {
  const client: oauth.Client = { client_id: settings.client_id };
  const options = optionsFor(settings);
  let found: Promise<oauth.AuthorizationServer> | undefined;
  const server = () => {
    found ??= discover(settings).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  return {
    authorizationUrl: async (...to) => authorizationUrl(settings, await server(), ...to),
    async exchange(answer, { state, nonce, code_verifier, redirect_uri }) {
      const as = await server();
      return inWords(async () => {
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          client,
          oauth.None(),
          oauth.validateAuthResponse(as, client, answer, state),
          redirect_uri,
          code_verifier,
          options,
        );
        const expected = { expectedNonce: nonce, requireIdToken: true };
        return tokensOf(await oauth.processAuthorizationCodeResponse(as, client, response, expected));
      });
    },
    async refresh(refresh_token) {
      const as = await server().catch((cause: unknown) => {
        throw new Error('The provider was not reached.', { cause });
      });
      const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refresh_token, options);
      if (response.status >= 500) throw new Error(`The provider answered ${response.status}.`);
      const given = await inWords(() => oauth.processRefreshTokenResponse(as, client, response));
      // Providers that rotate refresh tokens give another one with it.
      return { refresh_token, ...tokensOf(given) };
    },
  };
}

async function authorizationUrl(
  settings: ProviderSettings,
  { authorization_endpoint }: oauth.AuthorizationServer,
  redirect_uri: string,
  prefix = '',
): Promise<{ url: URL; underWay: SignInUnderWay }> {
  if (authorization_endpoint === undefined) {
    throw new SignInError('The sign-in service does not say where to sign in.');
  }
  // PKCE needs SHA-256, which browsers have for secure pages alone.
  if (!isSecureContext) {
    throw new SignInError('Signing in needs HTTPS: this page was opened over plain HTTP.');
  }
  const underWay = {
    state: prefix + oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    code_verifier: oauth.generateRandomCodeVerifier(),
    redirect_uri,
  };
  const url = new URL(authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: settings.client_id,
    redirect_uri,
    scope: withOpenId(settings.scope),
    state: underWay.state,
    nonce: underWay.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(underWay.code_verifier),
    code_challenge_method: 'S256',
    ...(settings.audience === undefined ? {} : { audience: settings.audience }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url, underWay };
}

async function discover(settings: ProviderSettings): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(settings.issuer);
  try {
    const response = await oauth.discoveryRequest(issuer, optionsFor(settings));
    return await oauth.processDiscoveryResponse(issuer, response);
  } catch (cause) {
    throw new SignInError('The sign-in service cannot be reached. Try again.', { cause });
  }
}

type MayBeInsecure = Pick<oauth.HttpRequestOptions<'GET'>, typeof oauth.allowInsecureRequests>;

/** A provider on this machine, as in development, may speak plain HTTP; the settings name it, nobody else can. */
function optionsFor({ issuer }: ProviderSettings): MayBeInsecure {
  return new URL(issuer).protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {};
}

/** Without it there would be no ID token, and no nonce to check. */
function withOpenId(scope: string): string {
  return [...new Set(['openid', ...scope.split(' ').filter(Boolean)])].join(' ');
}

function tokensOf({ access_token, refresh_token, expires_in }: oauth.TokenEndpointResponse): Tokens {
  const expires_at = expires_in === undefined ? endOfToken(access_token) : Date.now() + expires_in * 1000;
  return {
    access_token,
    ...(refresh_token === undefined ? {} : { refresh_token }),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
}

async function inWords<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const isRefused = cause instanceof oauth.AuthorizationResponseError && cause.error === 'access_denied';
    throw new SignInError(
      isRefused ? 'The sign-in was cancelled.' : 'The sign-in did not succeed. Try again.',
      { cause },
    );
  }
}
