import { Hono } from 'hono';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import { OPERATIONS, type OperationName } from '../operations/manifest.ts';
import { jsonAnswer } from './answer.ts';
import type { AppContext, Env } from './context.ts';
import { docsFile, docsPage } from './docs.ts';
import { accessLog } from './middleware/access-log.ts';
import { localOnly } from './middleware/local-only.ts';
import { requestId } from './middleware/request-id.ts';
import { serveObject } from './objects.ts';
import { openApiDocument } from './openapi.ts';
import { problemResponse, toDomainError } from './problem.ts';
import { ROUTES } from './routes/index.ts';

export type App = Hono<Env>;

/** The whole HTTP API: every operation, the presigned URLs where we serve them, health and docs. */
export function createApp(context: AppContext): App {
  const app = new Hono<Env>();
  useMiddleware(app, context);
  const allowed = new AllowedMethods();
  for (const operation of OPERATIONS) {
    mountOperation(app, context, operation.name, allowed);
  }
  mountObjects(app, context, allowed);
  mountSystem(app, context, allowed);
  allowed.refuseOthers(app);
  return app;
}

function useMiddleware(app: App, context: AppContext): void {
  app.use(requestId());
  app.use(async (c, next) => {
    c.set('caller', ANONYMOUS);
    await next();
  });
  app.use(accessLog(context.deps.log));
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

function mountOperation(app: App, context: AppContext, name: OperationName, allowed: AllowedMethods): void {
  for (const { method, path, aliases } of OPERATIONS.filter((operation) => operation.name === name)) {
    for (const template of [path, ...aliases]) {
      const pattern = template.replaceAll(/\{(\w+)\}/g, ':$1');
      app.on(method, pattern, (c) => ROUTES[name].handle(c, context));
      allowed.add(pattern, method);
    }
  }
}

function mountObjects(app: App, context: AppContext, allowed: AllowedMethods): void {
  const { objectUrls } = context;
  if (!objectUrls) return;
  app.get('/objects/*', (c) => serveObject(c, context, objectUrls));
  allowed.add('/objects/*', 'GET');
}

function mountSystem(app: App, context: AppContext, allowed: AllowedMethods): void {
  let document: object | undefined;
  app.get('/health', () => jsonAnswer({ status: 'ok' }, 200));
  app.get('/ready', async () => {
    await context.checkReady().catch((cause: unknown) => {
      throw unavailable('A part of the service cannot do its work now.', cause);
    });
    return jsonAnswer({ status: 'ready' }, 200);
  });
  app.get('/openapi.json', () => {
    document ??= openApiDocument(context.publicUrl);
    return jsonAnswer(document, 200);
  });
  app.get('/docs', docsPage);
  app.get('/docs/:file', docsFile);
  for (const path of ['/health', '/ready', '/openapi.json', '/docs', '/docs/:file']) allowed.add(path, 'GET');
}

/** Which methods a path has, so that any other is 405 with `Allow` (RFC 9110, section 15.5.6). */
class AllowedMethods {
  readonly #methods = new Map<string, Set<string>>();

  add(pattern: string, method: string): void {
    const methods = this.#methods.get(pattern) ?? new Set();
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
    this.#methods.set(pattern, methods);
  }

  /** To be called last: the first route that matches answers. */
  refuseOthers(app: App): void {
    for (const [pattern, methods] of this.#methods) {
      const allow = [...methods].sort().join(', ');
      app.all(pattern, (c) => {
        const refusal = new DomainError('method_not_allowed', `This path takes ${allow}.`);
        return problemResponse(refusal, c.get('requestId'), { allow });
      });
    }
  }
}
