import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { restoreImageRoute } from '../../http/routes/restore-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(restoreImageRoute, { presignRead: await loadFunctionPresigner() });
