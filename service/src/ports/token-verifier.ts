import type { Scope, StepUp } from '../domain/caller.ts';

/** What a token says that was found to be genuine, meant for us, and valid now. */
export interface VerifiedToken {
  readonly user_id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Set where the token names `images:admin`, and its user has not signed in as admins must: it is not in `scopes`. */
  readonly stepUp?: StepUp | undefined;
}

/**
 * What of a verified token its issuer confirms now.
 * @throws DomainError `unauthenticated` where it has been withdrawn, `unavailable` where nobody can tell.
 */
export type ConfirmToken = (token: string, verified: VerifiedToken) => Promise<VerifiedToken>;

/** Tells whose a bearer token is (RFC 6750). */
export interface TokenVerifier {
  /**
   * @throws DomainError `unauthenticated` for every token that is not to be believed, with a sentence that says
   *   what is wrong and nothing of the token; `unavailable` where that cannot be found out now.
   */
  verify(token: string): Promise<VerifiedToken>;
  /** Set where a token that was verified must be confirmed as well, at each use. */
  readonly confirm?: ConfirmToken | undefined;
}
