/** Who asks. With `AUTH=none` everybody is `anonymous` and may act for anyone. */
export interface Caller {
  readonly kind: 'anonymous';
}

export const ANONYMOUS: Caller = { kind: 'anonymous' };

/** What tells callers apart, for what is bound to one (page tokens). */
export function callerKey(caller: Caller): string {
  return caller.kind;
}
