import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { loadFunctionSigningSecrets } from '../../compose/lambda-signing.ts';
import { openSearchIndex } from '../../compose/opensearch.ts';
import { listImagesRoute } from '../../http/routes/list-images.ts';
import { handlerFor } from './handler.ts';

const [signingSecrets, presignRead] = await Promise.all([
  loadFunctionSigningSecrets(),
  loadFunctionPresigner(),
]);

export const handler = handlerFor(listImagesRoute, {
  signingSecrets,
  presignRead,
  openSearch: openSearchIndex,
});
