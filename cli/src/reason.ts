import { OperatorError } from '../../service/src/domain/operator-error.ts';

/** A mistake that can be mended is a sentence; of a failure also what lies beneath is told. */
export function reasonOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.name}: ${cause.message})` : error.message;
}
