import type { Caller, Scope } from './caller.ts';
import { DomainError, invalidField } from './errors.ts';

/** True where the caller may use an operation of this scope. */
export function mayUse({ scopes }: Caller, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has('images:admin');
}

/** True where what belongs to this user is the caller's to see and to change. */
export function mayActFor({ user_id, scopes }: Caller, owner: string): boolean {
  return user_id === null || user_id === owner || scopes.has('images:admin');
}

/**
 * The user that a request is about: who is named, and if nobody is, the caller.
 * @param named where the request names somebody: in a field called `user_id`.
 * @throws DomainError `forbidden` where that is somebody else, `invalid_request` where nobody is known.
 */
export function userOf(caller: Caller, named: string | undefined): string {
  const user_id = named ?? caller.user_id;
  if (user_id === null) throw invalidField('user_id', 'is missing');
  mustActFor(caller, user_id);
  return user_id;
}

/** @throws DomainError `forbidden` */
export function mustActFor(caller: Caller, user_id: string): void {
  if (mayActFor(caller, user_id)) return;
  throw new DomainError('forbidden', 'This is for that user alone: user_id must be your own.', {
    owner: user_id,
  });
}

/**
 * Whose images a listing shows: who is named, or else the caller's own; undefined, to those who may, for
 * everybody's.
 * @throws DomainError `forbidden`
 */
export function listedUserOf(caller: Caller, named: string | undefined): string | undefined {
  if (named !== undefined) mustActFor(caller, named);
  const seesAll = caller.user_id === null || caller.scopes.has('images:admin');
  return named ?? (seesAll ? undefined : (caller.user_id ?? undefined));
}
