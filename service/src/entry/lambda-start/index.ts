import { join } from 'node:path';
import { openStartLog } from '../../compose/start-log.ts';
import { CODE, readFunction } from './function-script.ts';
import { nameSourcePlaces } from './source-places.ts';

/**
 * What AWS loads of a function: it loads the function's own code as V8 has compiled it before.
 * @returns the function's handler, once it is ready for events.
 */
export async function start(folder: string): Promise<unknown> {
  nameSourcePlaces(join(folder, CODE));
  const { cache, run } = readFunction(folder);
  const handler = await run();
  const fields = { code_cache: cache, node: process.version };
  if (cache === 'refused')
    openStartLog().warn(fields, 'the code was compiled anew: its cache is not for this Node');
  if (cache === 'none') openStartLog().info(fields, 'the code was compiled anew: it has no cache');
  return handler;
}
