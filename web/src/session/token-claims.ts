/** What a JSON Web Token says of itself (RFC 7519, section 4). */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The claims of a token, unverified: to show who is signed in and to know when it ends. Whether it is believed
 * is for the service to say.
 * @returns undefined where it is no JSON Web Token.
 */
export function claimsOf(token: string): Claims | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The user that the service takes a token for.
 * @param claim the service's `JWT_USER_CLAIM`.
 */
export function userOfToken(token: string, claim = 'sub'): string | undefined {
  const user = claimsOf(token)?.[claim];
  return typeof user === 'string' && user !== '' ? user : undefined;
}

/** When a token ends, in milliseconds since 1970, where it says so. */
export function endOfToken(token: string): number | undefined {
  const exp = claimsOf(token)?.['exp'];
  return typeof exp === 'number' ? exp * 1000 : undefined;
}
