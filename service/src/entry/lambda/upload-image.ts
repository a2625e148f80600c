import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { uploadImageRoute } from '../../http/routes/upload-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(uploadImageRoute, { presignRead: await loadFunctionPresigner() });
