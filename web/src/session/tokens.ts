/** What a sign-in gives. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** Milliseconds since 1970, where it is known. */
  readonly expires_at?: number;
}

/** A failed sign-in, in a sentence for people. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}
