import type { Context } from 'hono';
import { mayUse } from '../domain/access.ts';
import { type Caller, callerKey, type Scope } from '../domain/caller.ts';
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
  const { caller } = identity;
  if (mayUse(caller, scope)) return caller;
  challenge(c, { error: 'insufficient_scope', scope });
  throw new DomainError('forbidden', `The token does not allow this: it lacks the scope ${scope}.`);
}

/** For logs and limits: who it is, or that nobody has shown who they are. */
export function nameOf(identity: Identity): string {
  return 'caller' in identity ? callerKey(identity.caller) : 'unknown';
}

function challenge(c: Context<Env>, parameters: Readonly<Record<string, string>>): void {
  const said = Object.entries({ realm: 'tintype', ...parameters });
  c.header('www-authenticate', `Bearer ${said.map(([name, value]) => `${name}="${value}"`).join(', ')}`);
}
