import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { openFunctionRenderer } from '../../compose/lambda-renderer.ts';
import { renderImageRoute } from '../../http/routes/render-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(renderImageRoute, {
  presignRead: await loadFunctionPresigner(),
  renderer: openFunctionRenderer(),
});
