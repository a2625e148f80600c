import type {
  AuthorizationServer,
  allowInsecureRequests,
  Client,
  HttpRequestOptions,
  TokenEndpointResponse,
} from 'oauth4webapi';
import type { SignInSettings } from './settings.ts';
import { endOfToken } from './token-claims.ts';

/** What a sign-in gives. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** Milliseconds since 1970, where it is known. */
  readonly expires_at?: number;
}

/** What has to be remembered between leaving for the provider and coming back. */
export interface SignInUnderWay {
  readonly state: string;
  readonly nonce: string;
  readonly code_verifier: string;
  readonly redirect_uri: string;
}

/** A registration with an OpenID provider. */
export type ProviderSettings = SignInSettings & { readonly client_id: string };

/** A failed sign-in, in a sentence for people. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}

// Only who signs in needs it.
const library = () => import('oauth4webapi');

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
  /** @param answer what the provider added to the redirect's address. */
  exchange(answer: URLSearchParams, underWay: SignInUnderWay): Promise<Tokens>;
  /** @throws SignInError where the refresh token is no longer good; another Error where the provider was not reached. */
  refresh(refresh_token: string): Promise<Tokens>;
}

export function createOpenIdProvider(settings: ProviderSettings): OpenIdProvider {
  const client: Client = { client_id: settings.client_id };
  let found: Promise<AuthorizationServer> | undefined;
  const server = () => {
    found ??= discover(settings).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  return {
    async authorizationUrl(redirect_uri, prefix = '') {
      const { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomNonce, generateRandomState } =
        await library();
      if (!isSecureContext) {
        throw new SignInError('Signing in needs HTTPS: this page was opened over plain HTTP.');
      }
      const { authorization_endpoint } = await server();
      if (authorization_endpoint === undefined) {
        throw new SignInError('The sign-in service does not say where to sign in.');
      }
      const underWay = {
        state: prefix + generateRandomState(),
        nonce: generateRandomNonce(),
        code_verifier: generateRandomCodeVerifier(),
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
        code_challenge: await calculatePKCECodeChallenge(underWay.code_verifier),
        code_challenge_method: 'S256',
        ...(settings.audience === undefined ? {} : { audience: settings.audience }),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return { url, underWay };
    },
    async exchange(answer, { state, nonce, code_verifier, redirect_uri }) {
      const oauth = await library();
      const as = await server();
      return inWords(async () => {
        const code = oauth.validateAuthResponse(as, client, answer, state);
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          client,
          oauth.None(),
          code,
          redirect_uri,
          code_verifier,
          await requestOptions(settings),
        );
        const given = await oauth.processAuthorizationCodeResponse(as, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        return tokensOf(given);
      });
    },
    async refresh(refresh_token) {
      const oauth = await library();
      const as = await server().catch((cause: unknown) => {
        throw new Error('The provider was not reached.', { cause });
      });
      const options = await requestOptions(settings);
      const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refresh_token, options);
      if (response.status >= 500) throw new Error(`The provider answered ${response.status}.`);
      const given = await inWords(() => oauth.processRefreshTokenResponse(as, client, response));
      // Providers that rotate refresh tokens give another one with it.
      return { refresh_token, ...tokensOf(given) };
    },
  };
}

type MayBeInsecure = Pick<HttpRequestOptions<'GET'>, typeof allowInsecureRequests>;

async function discover(settings: ProviderSettings): Promise<AuthorizationServer> {
  const { discoveryRequest, processDiscoveryResponse } = await library();
  const issuer = new URL(settings.issuer);
  try {
    return await processDiscoveryResponse(issuer, await discoveryRequest(issuer, await requestOptions(settings)));
  } catch (cause) {
    throw new SignInError('The sign-in service cannot be reached, or is not set up for this gallery.', { cause });
  }
}

/** A provider on this machine, as in development, may speak plain HTTP; the settings name it, nobody else can. */
async function requestOptions({ issuer }: ProviderSettings): Promise<MayBeInsecure> {
  const oauth = await library();
  return new URL(issuer).protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {};
}

/** Without it there would be no ID token, and no nonce to check. */
function withOpenId(scope: string): string {
  const scopes = scope.split(' ').filter(Boolean);
  return [...new Set(['openid', ...scopes])].join(' ');
}

function tokensOf({ access_token, refresh_token, expires_in }: TokenEndpointResponse): Tokens {
  const expires_at = expires_in === undefined ? endOfToken(access_token) : Date.now() + expires_in * 1000;
  return {
    access_token,
    ...(refresh_token === undefined ? {} : { refresh_token }),
    ...(expires_at === undefined ? {} : { expires_at }),
  };
}

async function inWords<Result>(work: () => Promise<Result>): Promise<Result> {
  const { AuthorizationResponseError } = await library();
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AuthorizationResponseError && cause.error === 'access_denied') {
      throw new SignInError('The sign-in was cancelled.', { cause });
    }
    throw new SignInError('The sign-in did not succeed. Try again.', { cause });
  }
}
