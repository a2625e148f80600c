/**
 * Something that whoever runs the service can mend, and that keeps it from starting. The message is
 * shown to them as it is: what is the matter, and the remedy.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
