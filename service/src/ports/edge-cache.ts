import type { ObjectKey } from '../domain/object-key.ts';

/** Caches in front of the object store, which keep what they were once given. */
export interface EdgeCache {
  /**
   * Has them give up all objects whose keys begin so; that takes them a moment longer than this does.
   * @param reference of one and the same event: said again, it is no second one.
   * @throws DomainError `unavailable`
   */
  forget(prefixes: readonly ObjectKey[], reference: string): Promise<void>;
}
