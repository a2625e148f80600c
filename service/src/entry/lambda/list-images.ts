import { loadFunctionSigningSecrets } from '../../compose/lambda-signing.ts';
import { listImagesRoute } from '../../http/routes/list-images.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listImagesRoute, await loadFunctionSigningSecrets());
