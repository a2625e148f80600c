import type { Context } from 'hono';
import { mayUse } from '../domain/access.ts';
import { type Caller, callerKey, type Scope, type StepUp } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Env, Identity } from './context.ts';

/**
 * The caller of an operation.
 * @throws DomainError `unauthenticated` or `forbidden`; the answer says what would be accepted (RFC 6750, section 3).
 *   `unavailable` where nobody can tell now: such an answer says nothing of the token, which may well be good.
 */
export function admit(c: Context<Env>, scope: Scope): Caller {
  const identity = c.get('identity');
  if ('refusal' in identity) {
    const { refusal, tokenShown } = identity;
    if (refusal.code === 'unauthenticated') {
      challenge(c, tokenShown ? { error: 'invalid_token', error_description: refusal.message } : {});
    }
    throw refusal;
  }
  const { caller, stepUp } = identity;
  if (mayUse(caller, scope)) return caller;
  if (stepUp) throw stepUpNeeded(c, stepUp);
  challenge(c, { error: 'insufficient_scope', scope });
  throw new DomainError('forbidden', `The token does not allow this: it lacks the scope ${scope}.`);
}

/** Asks the issuer of the caller's token, where it must be asked: only now, when the limits have let the request pass. */
export async function confirmIdentity(c: Context<Env>): Promise<void> {
  const identity = c.get('identity');
  if ('caller' in identity && identity.confirm) c.set('identity', await identity.confirm());
}

/** For logs and limits: who it is, or that nobody has shown who they are. */
export function nameOf(identity: Identity): string {
  return 'caller' in identity ? callerKey(identity.caller) : 'unknown';
}

/** What is asked for could be done, had the user signed in in another way: the answer says which (RFC 9470, section 3). */
function stepUpNeeded(c: Context<Env>, { acr_values, max_age }: StepUp): DomainError {
  const error_description = 'For what admins do, sign in again, in the way that is asked for.';
  challenge(c, {
    error: 'insufficient_user_authentication',
    error_description,
    ...(acr_values && { acr_values: acr_values.join(' ') }),
    ...(max_age !== undefined && { max_age: String(max_age) }),
  });
  return new DomainError('insufficient_user_authentication', error_description);
}

function challenge(c: Context<Env>, parameters: Readonly<Record<string, string>>): void {
  const said = Object.entries({ realm: 'tintype', ...parameters });
  c.header('www-authenticate', `Bearer ${said.map(([name, value]) => `${name}="${value}"`).join(', ')}`);
}
