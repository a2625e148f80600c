import { unavailable } from '../domain/errors.ts';
import { OPERATIONS } from '../operations/manifest.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { jsonAnswer } from './answer.ts';
import { createBaseApp, mountOperation } from './base-app.ts';
import type { App, AppContext } from './context.ts';
import { docsFile, docsPage } from './docs.ts';
import { KeptObjects } from './kept-objects.ts';
import { serveMetrics } from './metrics-page.ts';
import { ObjectChecks } from './object-checks.ts';
import { serveObject } from './objects.ts';
import { ROUTES } from './routes/index.ts';
import { SendBuffers } from './send-buffers.ts';
import { mountGallery } from './serve-gallery.ts';
import { takeForm, takePut } from './uploads.ts';

/** The whole HTTP API: every operation, the presigned URLs where we serve them, health, docs and the gallery. */
export function createApp(context: AppContext): App {
  const app = createBaseApp(context);
  const allowed = new AllowedMethods();
  for (const operation of OPERATIONS) {
    mountOperation(app, context, ROUTES[operation.name], allowed);
  }
  mountObjects(app, context, allowed);
  mountSystem(app, context, allowed);
  mountGallery(app, context, allowed);
  allowed.refuseOthers(app);
  return app;
}

function mountObjects(app: App, context: AppContext, allowed: AllowedMethods): void {
  const { objectUrls } = context;
  if (!objectUrls) return;
  const buffers = new SendBuffers();
  const service = {
    app: context,
    signer: objectUrls,
    checks: new ObjectChecks(),
    buffers,
    kept: new KeptObjects(buffers),
  };
  app.get('/objects/*', (c) => serveObject(c, service));
  allowed.add('/objects/*', 'GET');
  const { directUploads } = context;
  if (!directUploads) return;
  app.put('/objects/*', (c) => takePut(c, context, directUploads));
  app.post('/objects/*', (c) => takeForm(c, context, directUploads));
  allowed.add('/objects/*', 'PUT');
  allowed.add('/objects/*', 'POST');
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
  app.get('/openapi.json', async () => {
    // What makes it takes its time to load, and most starts do without.
    const { openApiDocument } = await import('./openapi.ts');
    document ??= openApiDocument(context.publicUrl);
    return jsonAnswer(document, 200);
  });
  const page = context.observation?.page;
  if (page) {
    app.get('/metrics', (c) => serveMetrics(c, page));
    allowed.add('/metrics', 'GET');
  }
  app.get('/docs', docsPage);
  app.get('/docs/:file', docsFile);
  for (const path of ['/health', '/ready', '/openapi.json', '/docs', '/docs/:file']) allowed.add(path, 'GET');
}
