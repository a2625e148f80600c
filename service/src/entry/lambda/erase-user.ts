import { eraseUserRoute } from '../../http/routes/erase-user.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(eraseUserRoute);
