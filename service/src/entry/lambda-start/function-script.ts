import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { openCache } from './code-cache.ts';

/** A function's own code, a script that is a function of what modules have, and what V8 has made of it. */
export const CODE = 'function.js';
export const CACHE = 'function.cache';

/** Whether a function's code was there compiled: `refused` if it was not by this Node, or not of this code, or not whole. */
export type CacheUse = 'used' | 'none' | 'refused';

export interface FunctionScript {
  readonly script: Script;
  readonly source: Buffer;
  readonly cache: CacheUse;
  /** Runs it. @returns what it exports as `handler`, once it is ready for events. */
  run(): Promise<unknown>;
}

/** Compiles the code of a function's folder, or takes what was compiled before. */
export function readFunction(folder: string): FunctionScript {
  const file = join(folder, CODE);
  const source = readFileSync(file);
  const kept = existsSync(join(folder, CACHE)) ? readFileSync(join(folder, CACHE)) : undefined;
  const cachedData = kept && openCache(kept, source);
  const script = new Script(source.toString('latin1'), {
    filename: file,
    ...(cachedData && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const used = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    script,
    source,
    cache: used ? 'used' : kept ? 'refused' : 'none',
    async run() {
      const module: { exports: { loading?: Promise<unknown> } } = { exports: {} };
      const url = pathToFileURL(file).href;
      script.runInThisContext()(requireFor(url), module, url);
      return module.exports.loading;
    },
  };
}

/** Nearly all that is asked for is Node's own, for which nothing has to be looked for. */
function requireFor(url: string): (name: string) => unknown {
  return (name) => process.getBuiltinModule(name) ?? createRequire(url)(name);
}
