import { type Context, Hono } from 'hono';
import { DomainError, isDomainError } from '../domain/errors.ts';
import { isImageId } from '../domain/image-id.ts';
import { OPERATIONS } from '../operations/manifest.ts';
import type { Admission } from '../operations/manifest-rows.ts';
import { recordRefusal } from '../operations/steps/audit.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { around } from './around.ts';
import type { App, AppContext, Env, Route } from './context.ts';
import { admit, confirmIdentity } from './identity.ts';
import { accessLog } from './middleware/access-log.ts';
import { allowOrigins } from './middleware/allow-origins.ts';
import { authenticate } from './middleware/authenticate.ts';
import { completeAnswers } from './middleware/complete-answers.ts';
import { localOnly } from './middleware/local-only.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { problemResponse, toDomainError } from './problem.ts';

/** An app without routes: what is done around every request, and the answers to failures. */
export function createBaseApp(context: AppContext): App {
  const app = new Hono<Env>();
  useMiddleware(app, context);
  return app;
}

function useMiddleware(app: App, context: AppContext): void {
  const { rateLimiter, trustedProxies, gallery, observation, corsOrigins, publicUrl } = context;
  app.use(
    around(
      [
        completeAnswers(publicUrl),
        ...(observation?.around ?? []),
        ...(corsOrigins.length > 0 ? [allowOrigins(corsOrigins)] : []),
        authenticate(context),
        accessLog(context.deps.log),
        ...(rateLimiter ? [rateLimit(rateLimiter, trustedProxies, gallery?.paths)] : []),
        ...(context.localOnly ? [localOnly(publicUrl, corsOrigins)] : []),
      ],
      answerFailure,
    ),
  );
  app.notFound((c) =>
    problemResponse(new DomainError('not_found', 'There is nothing at this path.'), c.get('requestId')),
  );
  app.onError(answerFailure);
}

function answerFailure(error: Error, c: Context<Env>): Response {
  const known = toDomainError(error);
  c.set('failure', known.cause);
  const response = problemResponse(known, c.get('requestId'));
  c.res.headers.forEach((value, name) => {
    if (name !== 'content-type') response.headers.set(name, value);
  });
  return response;
}

/** Mounts an operation at all of its paths. */
export function mountOperation(app: App, context: AppContext, route: Route, allowed: AllowedMethods): void {
  for (const { method, path, aliases, scope } of OPERATIONS.filter(({ name }) => name === route.operation)) {
    for (const template of [path, ...aliases]) {
      const pattern = template.replaceAll(/\{(\w+)\}/g, ':$1');
      app.on(method, pattern, (c) =>
        scope === 'open' ? route.handle(c, context) : handleForCaller(c, context, route, scope),
      );
      allowed.add(pattern, method);
    }
  }
}

/** Lets in whoever may use the operation; what a known caller is refused is written down. */
async function handleForCaller(
  c: Context<Env>,
  app: AppContext,
  route: Route,
  scope: Exclude<Admission, 'open'>,
): Promise<Response> {
  const image_id = c.req.param('image_id');
  if (image_id !== undefined && isImageId(image_id)) c.set('imageId', image_id);
  try {
    if (app.tokens?.confirm) await confirmIdentity(c);
    c.set('caller', admit(c, scope));
    return await route.handle(c, app);
  } catch (error) {
    const identity = c.get('identity');
    if (isDomainError(error) && 'caller' in identity) {
      const doing = { caller: identity.caller, action: route.operation };
      await recordRefusal(app.deps, doing, c.get('imageId'), error);
    }
    throw error;
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
