import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { viewImageRoute } from '../../http/routes/view-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(viewImageRoute, { presignRead: await loadFunctionPresigner() });
