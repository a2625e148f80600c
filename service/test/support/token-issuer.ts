import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'tintype-of-the-tests';

/** Of a token; what is undefined is left out. */
export type Claims = Readonly<Record<string, unknown>>;

export interface Signing {
  /** Beside `alg` and `kid`; what is undefined is left out. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly alg?: string;
  readonly key?: KeyObject | Uint8Array;
}

/** Somebody who signs tokens, with the keys for it at a URL on this machine. */
export interface TokenIssuer {
  /** Where the public keys are. */
  readonly url: string;
  readonly publicPem: string;
  /** The id of the key. */
  readonly kid: string;
  /** How often the keys were asked for. */
  fetches(): number;
  /** Alice's, with both scopes, for an hour from `now`, signed by RS256: but for what is said otherwise. */
  token(claims?: Claims, signing?: Signing): Promise<string>;
  stop(): Promise<void>;
}

/** @param now milliseconds since 1970, which tokens are made at. */
export async function startIssuer(now: () => number = Date.now): Promise<TokenIssuer> {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomUUID();
  const keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }] };
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches++;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(keys));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    publicPem: String(createPublicKey(pair.privateKey).export({ type: 'spki', format: 'pem' })),
    kid,
    fetches: () => fetches,
    token: (claims = {}, { header = {}, alg = 'RS256', key = pair.privateKey } = {}) =>
      signed({ ...usual(now()), ...claims }, { alg, kid, ...header }, key),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is in a token that is as it should be. */
export function usual(now: number): Claims {
  const seconds = Math.floor(now / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    scope: 'images:read images:write',
    iat: seconds,
    exp: seconds + 3600,
  };
}

/** A token of these claims; what is undefined is left out. */
export function signed(
  claims: Claims,
  header: Claims & { readonly alg: string },
  key: KeyObject | Uint8Array,
): Promise<string> {
  const { alg, ...others } = header;
  return new SignJWT(said(claims)).setProtectedHeader({ alg, ...said(others) }).sign(key);
}

function said(members: Claims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A token that nobody has signed. */
export function unsigned(claims: Claims, alg: string): string {
  const parts = [{ alg }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${parts.join('.')}.`;
}

/** The configuration that believes an issuer; tests may set other variables of authentication beside it. */
export function believing(
  url: string,
  variables: Readonly<Record<string, string>> = {},
): Pick<Config, 'auth'> {
  const { auth } = readConfig({
    AUTH: 'jwt',
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: url,
    ...variables,
  });
  return { auth };
}

/** An issuer for the suite that calls this. */
export function useIssuer(now?: () => number): Omit<TokenIssuer, 'stop'> {
  let started: TokenIssuer | undefined;
  const issuer = () => {
    if (!started) throw new Error('The issuer is there only while tests run.');
    return started;
  };
  beforeAll(async () => {
    started = await startIssuer(now);
  });
  afterAll(() => started?.stop());
  return {
    get url() {
      return issuer().url;
    },
    get publicPem() {
      return issuer().publicPem;
    },
    get kid() {
      return issuer().kid;
    },
    fetches: () => issuer().fetches(),
    token: (claims, signing) => issuer().token(claims, signing),
  };
}
