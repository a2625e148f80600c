import type { ObjectStore } from '../ports/object-store.ts';
import { loadCdnPresigner } from './cdn.ts';
import { functionConfig } from './lambda-config.ts';

/** What signs this function's URLs in place of S3, from its environment. Apart, so that no other function has its code. */
export function loadFunctionPresigner(): Promise<ObjectStore['presignRead'] | undefined> {
  return loadCdnPresigner(functionConfig());
}
