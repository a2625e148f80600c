import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { replaceImageRoute } from '../../http/routes/replace-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(replaceImageRoute, { presignRead: await loadFunctionPresigner() });
