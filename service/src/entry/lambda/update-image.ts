import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { updateImageRoute } from '../../http/routes/update-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(updateImageRoute, { presignRead: await loadFunctionPresigner() });
