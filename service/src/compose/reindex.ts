import { loadMaintenanceConfig } from '../config/maintenance.ts';
import type { StorageConfig } from '../config/storage.ts';
import type { Reindexing, ReindexReport } from '../operations/maintenance/reindex-images.ts';
import type { Log } from '../ports/log.ts';

export type { Reindexing, ReindexReport } from '../operations/maintenance/reindex-images.ts';

export interface ReindexedInstallation extends Reindexing {
  readonly kind: StorageConfig['kind'];
}

/** Makes the search index of the environment's installation anew; what only one kind of home needs is loaded only for it. */
export async function runReindex(report: ReindexReport, log: Log): Promise<ReindexedInstallation> {
  const { storage } = loadMaintenanceConfig();
  if (storage.kind === 'aws') {
    const { reindexAws } = await import('./reindex-aws.ts');
    return { kind: storage.kind, ...(await reindexAws(storage, report)) };
  }
  const { rebuildFolderSearch } = await import('../drivers/embedded/rebuild-folder-search.ts');
  const images = await rebuildFolderSearch(storage.dataDir, log);
  return { kind: storage.kind, made: false, images, strays: 0, refused: 0 };
}
