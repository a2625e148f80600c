import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { restoreVersionRoute } from '../../http/routes/restore-version.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(restoreVersionRoute, { presignRead: await loadFunctionPresigner() });
