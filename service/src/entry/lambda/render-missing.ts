import { composeLambdaContext } from '../../compose/lambda.ts';
import { openFunctionRenderer } from '../../compose/lambda-renderer.ts';
import { createMissingRenditionsApp } from '../../http/missing-renditions.ts';
import { streamingHandlerFor } from './streaming-handler.ts';

const context = composeLambdaContext({ renderer: openFunctionRenderer() });

export const handler = streamingHandlerFor(createMissingRenditionsApp(context));
