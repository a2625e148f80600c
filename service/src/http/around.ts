import type { Context, ErrorHandler, MiddlewareHandler } from 'hono';
import type { Env } from './context.ts';

/**
 * One middleware that does what these do, the first outermost, as if each had been handed to `app.use`. There is one for the router to
 * find, sort and call for each request, which took as long as all that they do.
 * @param onError the app's: what is thrown within one is its answer, and those around it see that.
 */
export function around(
  middlewares: readonly MiddlewareHandler<Env>[],
  onError: ErrorHandler<Env>,
): MiddlewareHandler<Env> {
  return middlewares.reduceRight<MiddlewareHandler<Env>>(
    (inner, outer) => (c, next) => outer(c, () => answered(inner, c, next, onError)),
    // Hono itself sees to what is thrown beyond.
    (_c, next) => next() as Promise<void>,
  );
}

function answered(
  middleware: MiddlewareHandler<Env>,
  c: Context<Env>,
  next: () => Promise<void>,
  onError: ErrorHandler<Env>,
): Promise<void> {
  return middleware(c, next).then(
    (answer) => {
      if (answer && !c.finalized) c.res = answer;
    },
    async (error: unknown) => {
      if (!(error instanceof Error)) throw error;
      c.error = error;
      c.res = await onError(error, c);
    },
  );
}
