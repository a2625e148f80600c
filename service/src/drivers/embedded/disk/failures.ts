import { DomainError, unavailable } from '../../../domain/errors.ts';

/** Node's error for a failed system call. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** What a failure of the disk means to a caller. */
export function diskFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DomainError('insufficient_storage', 'There is no room left to store this.', { cause: error });
  }
  return unavailable('The object store cannot do this now.', error);
}
