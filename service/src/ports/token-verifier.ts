import type { Scope } from '../domain/caller.ts';

/** What a token says that was found to be genuine, meant for us, and valid now. */
export interface VerifiedToken {
  readonly user_id: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Tells whose a bearer token is (RFC 6750). */
export interface TokenVerifier {
  /**
   * @throws DomainError `unauthenticated` for every token that is not to be believed, with a sentence that says
   *   what is wrong and nothing of the token; `unavailable` where that cannot be found out now.
   */
  verify(token: string): Promise<VerifiedToken>;
}
