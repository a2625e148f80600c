import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { listVersionsRoute } from '../../http/routes/list-versions.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listVersionsRoute, { presignRead: await loadFunctionPresigner() });
