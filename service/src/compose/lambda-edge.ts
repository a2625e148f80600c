import type { EdgeCache } from '../ports/edge-cache.ts';
import { openEdge } from './edge.ts';
import { functionConfig } from './lambda-config.ts';

/** What tells the caches in front of this function's bucket, from its environment. Apart, so that no other function has its code. */
export async function openFunctionEdge(): Promise<EdgeCache | undefined> {
  const { storage } = functionConfig();
  return storage.kind === 'aws' ? openEdge(storage) : undefined;
}
