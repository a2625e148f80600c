import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { madeFor } from '../../service/src/entry/lambda-start/code-cache.ts';
import { CACHE } from '../../service/src/entry/lambda-start/function-script.ts';

/**
 * The folder of a built function. What V8 makes of the same code is never the same twice, so a function changes with
 * its code, and with the Node that it was compiled for, and not with each build.
 */
export function codeOf(folder: string): AssetCode {
  return Code.fromAsset(folder, { assetHash: hashOf(folder) });
}

export function hashOf(folder: string): string {
  const cache = join(folder, CACHE);
  const extraHash = existsSync(cache) ? madeFor(readFileSync(cache)) : '';
  return FileSystem.fingerprint(folder, { exclude: [CACHE], extraHash });
}
