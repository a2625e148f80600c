import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { composeLambdaContext } from '../../compose/lambda.ts';
import { createOperationApp } from '../../http/base-app.ts';
import type { Route } from '../../http/context.ts';

export type Handler = (event: LambdaEvent, context?: LambdaContext) => Promise<unknown>;

/**
 * A function that answers API Gateway's events (REST APIs' v1, and v2) for one operation.
 * @param signingSecrets for the operation that touches `signing`.
 */
export function handlerFor(route: Route, signingSecrets: readonly string[] = []): Handler {
  return handle(createOperationApp(composeLambdaContext(signingSecrets), route)) as Handler;
}
