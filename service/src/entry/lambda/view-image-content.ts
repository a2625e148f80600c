import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { viewImageContentRoute } from '../../http/routes/view-image-content.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(viewImageContentRoute, { presignRead: await loadFunctionPresigner() });
