import { DomainError, unavailable } from '../../domain/errors.ts';

/** The name of an AWS error, as the SDK gives it. */
export function awsErrorName(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** The HTTP status of an AWS answer that was an error. */
export function awsStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}

export function indexFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return unavailable('The image index cannot do this now.', error);
}

export function storeFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return unavailable('The object store cannot do this now.', error);
}

export function ledgerFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return unavailable('The ledger cannot do this now.', error);
}

export function auditFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return unavailable('The audit cannot do this now.', error);
}
