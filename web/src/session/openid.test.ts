import { OAuth2Server } from 'oauth2-mock-server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOpenIdProvider } from './openid.ts';
import { SignInError } from './tokens.ts';

const GALLERY = 'https://tintype.example/';

/** An OpenID provider, until the test ends, and the gallery's registration with it. */
async function startProvider() {
  vi.stubGlobal('isSecureContext', true);
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(async () => {
    vi.unstubAllGlobals();
    if (server.listening) await server.stop();
  });
  const { url: issuer = '' } = server.issuer;
  const provider = createOpenIdProvider({
    issuer,
    client_id: 'gallery',
    scope: 'images:read',
    audience: 'tintype',
  });
  return { server, provider };
}

/** Has the provider answer whoever asks for tokens like this. */
function answerTokenRequests({ service }: OAuth2Server, status: number, body: object): void {
  // An emitter of Node's, whose types pages do without.
  const { on } = service as unknown as {
    on(
      this: unknown,
      event: string,
      listener: (response: { statusCode: number; body: unknown }) => void,
    ): void;
  };
  on.call(service, 'beforeResponse', (response) => {
    response.statusCode = status;
    response.body = body;
  });
}

/** What the provider adds to the gallery's address once somebody has signed in there. */
async function signedIn(url: URL): Promise<URLSearchParams> {
  const answer = await fetch(url, { redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams;
}

describe('a sign-in with an OpenID provider', () => {
  it('asks for a code, by PKCE, with state and nonce', async () => {
    const { provider } = await startProvider();
    const { url, underWay } = await provider.authorizationUrl(GALLERY, 'window.');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'gallery',
      redirect_uri: GALLERY,
      scope: 'openid images:read',
      audience: 'tintype',
      code_challenge_method: 'S256',
      state: underWay.state,
      nonce: underWay.nonce,
    });
    expect(underWay.state).toMatch(/^window\../);
    expect(url.href).not.toContain(underWay.code_verifier);
  });

  it('gives tokens for the code, and others for the refresh token', async () => {
    const { provider } = await startProvider();
    const { url, underWay } = await provider.authorizationUrl(GALLERY);
    const tokens = await provider.exchange(await signedIn(url), underWay);
    expect(tokens.access_token.split('.')).toHaveLength(3);
    expect(tokens.expires_at).toBeGreaterThan(Date.now());
    const renewed = await provider.refresh(tokens.refresh_token ?? '');
    expect(renewed.access_token.split('.')).toHaveLength(3);
    expect(renewed.refresh_token).toBeDefined();
  });

  it('comes to nothing where state or nonce are not those that were sent', async () => {
    const { provider } = await startProvider();
    for (const name of ['state', 'nonce'] as const) {
      const { url, underWay } = await provider.authorizationUrl(GALLERY);
      const others = { ...underWay, [name]: 'forged' };
      await expect(provider.exchange(await signedIn(url), others)).rejects.toThrow(SignInError);
    }
  });

  it('comes to nothing where the code was not asked for with this verifier', async () => {
    const { provider } = await startProvider();
    const { url } = await provider.authorizationUrl(GALLERY);
    const { underWay } = await provider.authorizationUrl(GALLERY);
    const answer = await signedIn(url);
    answer.set('state', underWay.state);
    await expect(provider.exchange(answer, underWay)).rejects.toThrow(SignInError);
  });

  it('that is cancelled says so', async () => {
    const { provider } = await startProvider();
    const { underWay } = await provider.authorizationUrl(GALLERY);
    const answer = new URLSearchParams({ error: 'access_denied', state: underWay.state });
    await expect(provider.exchange(answer, underWay)).rejects.toThrow('The sign-in was cancelled.');
  });
});

describe('a refresh token', () => {
  it('that is no longer good ends the sign-in', async () => {
    const { server, provider } = await startProvider();
    answerTokenRequests(server, 400, { error: 'invalid_grant' });
    await expect(provider.refresh('old')).rejects.toThrow(SignInError);
  });

  it('is kept where the provider does not answer, or has failed: it may still be good', async () => {
    const { server, provider } = await startProvider();
    answerTokenRequests(server, 503, {});
    await expect(provider.refresh('good')).rejects.not.toThrow(SignInError);
    await server.stop();
    await expect(provider.refresh('good')).rejects.not.toThrow(SignInError);
  });
});

describe('a provider', () => {
  it('that is not there is one that cannot be reached, until it is', async () => {
    const { server, provider } = await startProvider();
    const { port } = server.address();
    await server.stop();
    await expect(provider.authorizationUrl(GALLERY)).rejects.toThrow('cannot be reached');
    await server.start(port, '127.0.0.1');
    await expect(provider.authorizationUrl(GALLERY)).resolves.toBeDefined();
  });

  it('is nothing for a page without TLS, which cannot do PKCE', async () => {
    const { provider } = await startProvider();
    vi.stubGlobal('isSecureContext', false);
    await expect(provider.authorizationUrl(GALLERY)).rejects.toThrow('needs HTTPS');
  });
});
