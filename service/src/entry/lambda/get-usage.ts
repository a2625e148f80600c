import { getUsageRoute } from '../../http/routes/get-usage.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(getUsageRoute);
