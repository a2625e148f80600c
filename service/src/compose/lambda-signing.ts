import { functionConfig } from './lambda-config.ts';
import { loadSigningSecrets } from './signing-secrets.ts';

/** What this function signs page keys with, from its environment. Apart, so that no other function has its code. */
export function loadFunctionSigningSecrets(): Promise<readonly string[]> {
  return loadSigningSecrets(functionConfig());
}
