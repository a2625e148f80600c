export const SCOPES = ['images:read', 'images:write', 'images:admin'] as const;

/** What a token may allow. `images:admin` allows everything, for everyone. */
export type Scope = (typeof SCOPES)[number];

/** How a user must have signed in for `images:admin` to count (RFC 9470). */
export interface StepUp {
  /** One of them must be the token's `acr`; undefined: none is asked for. */
  readonly acr_values: readonly string[] | undefined;
  /** So many seconds ago at most; undefined: however long ago. */
  readonly max_age: number | undefined;
}

/** Who asks, and by which request. */
export interface Caller {
  /** Null where nobody is asked who they are (`AUTH=none`): such a caller may act for anyone. */
  readonly user_id: string | null;
  readonly scopes: ReadonlySet<Scope>;
  readonly request: RequestOrigin;
}

/** What the audit says of a request beside who sent it. */
export interface RequestOrigin {
  readonly request_id: string;
  readonly address: string | null;
}

/** What tells callers apart, for what is bound to one (page tokens, idempotency keys). */
export function callerKey({ user_id }: Caller): string {
  return user_id === null ? 'anonymous' : `user ${user_id}`;
}

const EVERYTHING: ReadonlySet<Scope> = new Set(SCOPES);

/** Whoever sends a request where nobody is asked who they are. */
export function anonymousCaller(request: RequestOrigin): Caller {
  return { user_id: null, scopes: EVERYTHING, request };
}

/** Whoever has asked for what a job does: what they may was looked at when they asked. */
export function callerOf({
  user_id,
  ...request
}: RequestOrigin & { readonly user_id: string | null }): Caller {
  return { user_id, scopes: EVERYTHING, request };
}

/** The same as plain data, for a job. */
export function originOf({ user_id, request }: Caller): RequestOrigin & { readonly user_id: string | null } {
  return { user_id, ...request };
}

/** The service itself, which is asked by nobody. */
export const ANONYMOUS: Caller = anonymousCaller({ request_id: '-', address: null });
