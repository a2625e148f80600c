import { loadFunctionSigningSecrets } from '../../compose/lambda-signing.ts';
import { listAuditEventsRoute } from '../../http/routes/list-audit-events.ts';
import { handlerFor } from './handler.ts';

const signingSecrets = await loadFunctionSigningSecrets();

export const handler = handlerFor(listAuditEventsRoute, { signingSecrets });
