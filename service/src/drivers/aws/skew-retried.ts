/** How AWS refuses what was signed by a clock that is wrong. */
const TOO_SKEWED: readonly string[] = ['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'];

/** DynamoDB and SQS have one name for whatever is wrong with a signature; the words tell. */
const WORDS = /signature (?:expired|not yet current)/i;

function isSkew({ name, message }: Error): boolean {
  return TOO_SKEWED.includes(name) || (name === 'InvalidSignatureException' && WORDS.test(message));
}

/**
 * Has a request sent once more that was refused for the time at which it was signed. By the refusal the SDK learns
 * the right time; but it tries again by itself only where the machine's clock is wrong now, and not where it has been
 * put right since the SDK learned by how much it was wrong.
 */
export const skewRetried =
  <Args, Output>(next: (args: Args) => Promise<Output>) =>
  async (args: Args): Promise<Output> => {
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error && isSkew(error)) Object.assign(error, { $retryable: {} });
      throw error;
    }
  };

/** Within the tries that the SDK makes of a request, around the signing of each. */
export const AROUND_SIGNING = { name: 'skewRetried', step: 'finalizeRequest' } as const;
