import type { TokenIssuer } from './token-issuer.ts';
import { unsigned, usual } from './token-issuer.ts';

/** What credentials are made with. */
export interface CredentialParts {
  readonly issuer: Pick<TokenIssuer, 'token' | 'publicPem' | 'kid'>;
  /** Whom nobody believes: its keys are at a URL of its own. */
  readonly attacker: Pick<TokenIssuer, 'token' | 'url'>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An Authorization header; undefined: there is none. */
type MakeCredential = (parts: CredentialParts) => Promise<string | undefined> | string | undefined;

const HOUR = 3600;

const bearer = (make: (parts: CredentialParts) => Promise<string> | string): MakeCredential => {
  return async (parts) => `Bearer ${await make(parts)}`;
};

/** Seconds from now. */
const from = ({ now }: CredentialParts, seconds: number) => Math.floor(now / 1000) + seconds;

/** What shows no token: the answer says what is wanted, and nothing of a token. */
export const NO_TOKENS: Readonly<Record<string, MakeCredential>> = {
  'no header': () => undefined,
  'a name and a password': () => 'Basic YWxpY2U6c2VjcmV0',
  'two tokens in one header': async ({ issuer }) =>
    `Bearer ${await issuer.token()} ${await issuer.token({ sub: 'bob' })}`,
  'two headers': async ({ issuer }) => {
    const token = await issuer.token();
    return `Bearer ${token}, Bearer ${token}`;
  },
  'an empty Bearer': () => 'Bearer ',
  'Bearer and what cannot be a token': () => 'Bearer {"sub":"alice"}',
  'a token without Bearer': ({ issuer }) => issuer.token(),
};

/** What shows a token that nobody may believe. */
export const BAD_TOKENS: Readonly<Record<string, MakeCredential>> = {
  'what is no token': bearer(() => 'alice'),
  'an expired token': bearer((parts) => parts.issuer.token({ exp: from(parts, -HOUR) })),
  'a token that never expires': bearer(({ issuer }) => issuer.token({ exp: undefined })),
  'a token that is not valid yet': bearer((parts) => parts.issuer.token({ nbf: from(parts, HOUR) })),
  'a token for another audience': bearer(({ issuer }) => issuer.token({ aud: 'another' })),
  'a token for no audience': bearer(({ issuer }) => issuer.token({ aud: undefined })),
  'a token of another issuer': bearer(({ issuer }) => issuer.token({ iss: 'https://another.example' })),
  'a token without a user': bearer(({ issuer }) => issuer.token({ sub: undefined })),
  'a token whose user is an empty text': bearer(({ issuer }) => issuer.token({ sub: '' })),
  '`alg: none`': bearer(({ now }) => unsigned(usual(now), 'none')),
  '`alg: NoNe`': bearer(({ now }) => unsigned(usual(now), 'NoNe')),
  'HS256 with the public key as the secret': bearer(({ issuer }) =>
    issuer.token({}, { alg: 'HS256', key: Buffer.from(issuer.publicPem) }),
  ),
  'an unknown key': bearer(({ issuer }) => issuer.token({}, { header: { kid: 'nobody knows' } })),
  "the attacker's signature under a known key's id": bearer(({ attacker, issuer }) =>
    attacker.token({}, { header: { kid: issuer.kid } }),
  ),
  'a signature that was cut off': bearer(async ({ issuer }) => (await issuer.token()).replace(/[^.]+$/, '')),
  'claims that were changed': bearer(async ({ issuer, now }) => {
    const [header, , signature] = (await issuer.token()).split('.');
    const claims = { ...usual(now), sub: 'root', scope: 'images:admin' };
    return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
  }),
  "a `jku` of the attacker's": bearer(({ attacker }) =>
    attacker.token({}, { header: { jku: attacker.url } }),
  ),
  "an `x5u` of the attacker's": bearer(({ attacker }) =>
    attacker.token({}, { header: { x5u: attacker.url } }),
  ),
  'an unknown extension that is critical': bearer(({ issuer }) =>
    issuer.token({}, { header: { 'urn:x': 1 } }).then((token) => withCritical(token)),
  ),
  'a token of another purpose': bearer(({ issuer }) => issuer.token({}, { header: { typ: 'logout+jwt' } })),
  "an ID token of Cognito's": bearer(({ issuer }) => issuer.token({ token_use: 'id' })),
};

/** The same token, whose header says that an extension must be understood (RFC 7515, section 4.1.11). */
function withCritical(token: string): string {
  const [header = '', ...rest] = token.split('.');
  const said = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...said, crit: ['urn:x'] })).toString('base64url');
  return [changed, ...rest].join('.');
}
