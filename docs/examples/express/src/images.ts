import express, { Router } from 'express';
import { pictureOf } from './picture.ts';
import { tintypeFor } from './tintype.ts';

/** What goes through this server; larger images go straight to the store. Above this Tintype on AWS takes none, either. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Who is asking: here your app looks into its session. In this example everybody is alice. */
const currentUser = (): string => 'alice';

export const images = Router();

// Another site's form would come with the user's cookies; browsers say whose page a request is from.
images.use((request, response, next) => {
  if (request.method === 'GET' || request.get('sec-fetch-site') === 'same-origin') return next();
  response.status(403).json({ code: 'forbidden', error: 'Only pages of this app may do that.' });
});

images.get('/images', async (request, response) => {
  const user_id = currentUser();
  const { after } = request.query;
  const page = await tintypeFor(user_id).listPage({
    user_id,
    limit: 24,
    ...(typeof after === 'string' ? { last_evaluated_key: after } : {}),
  });
  response.json({ pictures: page.items.map(pictureOf), after: page.last_evaluated_key });
});

images.post('/images', express.raw({ type: 'image/*', limit: MOST_BYTES }), async (request, response) => {
  const user_id = currentUser();
  const { filename } = request.query;
  if (!Buffer.isBuffer(request.body)) return void response.status(415).json({ error: 'Send an image.' });
  const image = await tintypeFor(user_id).upload(request.body, {
    user_id,
    // The page's own: a repeated click or a lost answer makes one image.
    idempotencyKey: request.get('idempotency-key'),
    ...(typeof filename === 'string' ? { filename } : {}),
  });
  response.status(201).json(pictureOf(image));
});

images.post('/uploads', express.json(), async (request, response) => {
  const user_id = currentUser();
  const { filename, content_type, size_bytes } = request.body ?? {};
  const started = await tintypeFor(user_id).startUpload(
    { user_id, filename, content_type, size_bytes, method: 'put' },
    { idempotencyKey: request.get('idempotency-key') },
  );
  response.status(201).json({ image_id: started.image.image_id, upload: started.upload });
});

images.post('/uploads/:image_id/complete', async (request, response) => {
  const image = await tintypeFor(currentUser()).completeUpload(request.params.image_id);
  response.json(pictureOf(image));
});

images.delete('/images/:image_id', async (request, response) => {
  await tintypeFor(currentUser()).delete(request.params.image_id);
  response.status(204).end();
});
