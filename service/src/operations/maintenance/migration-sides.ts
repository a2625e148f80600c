import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** Where images come from: nothing in it is changed, and it may be served meanwhile. */
export interface MigrationSource {
  readonly index: Pick<ImageIndex, 'get'>;
  readonly walk: ImageWalk;
  readonly objects: Pick<ObjectStore, 'open' | 'list'>;
}

export interface MigrationTarget {
  readonly index: Pick<ImageIndex, 'get' | 'insert' | 'replace' | 'remove'>;
  readonly walk: ImageWalk;
  readonly objects: Pick<ObjectStore, 'open' | 'list' | 'begin' | 'delete'>;
}
