import { Hono } from 'hono';
import { anonymousCaller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { OPERATIONS } from '../operations/manifest.ts';
import { AllowedMethods } from './allowed-methods.ts';
import type { App, AppContext, Env, Route } from './context.ts';
import { accessLog } from './middleware/access-log.ts';
import { localOnly } from './middleware/local-only.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { requestId } from './middleware/request-id.ts';
import { problemResponse, toDomainError } from './problem.ts';

/** An app without routes: what is done around every request, and the answers to failures. */
export function createBaseApp(context: AppContext): App {
  const app = new Hono<Env>();
  useMiddleware(app, context);
  return app;
}

function useMiddleware(app: App, context: AppContext): void {
  app.use(requestId());
  app.use(async (c, next) => {
    c.set('caller', anonymousCaller({ request_id: c.get('requestId'), address: null }));
    await next();
  });
  for (const each of context.observation?.around ?? []) app.use(each);
  app.use(accessLog(context.deps.log));
  if (context.rateLimits) app.use(rateLimit(context.rateLimits));
  if (context.localOnly) app.use(localOnly(context.publicUrl));
  app.notFound((c) =>
    problemResponse(new DomainError('not_found', 'There is nothing at this path.'), c.get('requestId')),
  );
  app.onError((error, c) => {
    const known = toDomainError(error);
    c.set('failure', known.cause);
    const response = problemResponse(known, c.get('requestId'));
    c.res.headers.forEach((value, name) => {
      if (name !== 'content-type') response.headers.set(name, value);
    });
    return response;
  });
}

/** Mounts an operation at all of its paths. */
export function mountOperation(app: App, context: AppContext, route: Route, allowed: AllowedMethods): void {
  for (const { method, path, aliases } of OPERATIONS.filter(({ name }) => name === route.operation)) {
    for (const template of [path, ...aliases]) {
      const pattern = template.replaceAll(/\{(\w+)\}/g, ':$1');
      app.on(method, pattern, (c) => route.handle(c, context));
      allowed.add(pattern, method);
    }
  }
}

/** The app of one operation alone: a function on AWS has nothing else in it. */
export function createOperationApp(context: AppContext, route: Route): App {
  const app = createBaseApp(context);
  const allowed = new AllowedMethods();
  mountOperation(app, context, route, allowed);
  allowed.refuseOthers(app);
  return app;
}
