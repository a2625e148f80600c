import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { composeLambdaContext, type FunctionParts } from '../../compose/lambda.ts';
import { createOperationApp } from '../../http/base-app.ts';
import type { Route } from '../../http/context.ts';

export type Handler = (event: LambdaEvent, context?: LambdaContext) => Promise<unknown>;

/**
 * A function that answers API Gateway's events (REST APIs' v1, and v2) for one operation.
 * @param parts for operations that touch `signing` or `uploads`, or give out URLs (`presign-read`).
 */
export function handlerFor(route: Route, parts: FunctionParts = {}): Handler {
  return handle(createOperationApp(composeLambdaContext(parts), route)) as Handler;
}
