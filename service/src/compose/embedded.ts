import type { Config } from '../config/config.ts';
import { createSigner } from '../domain/signing.ts';
import { DiskObjectStore } from '../drivers/embedded/disk/disk-object-store.ts';
import { type EmbeddedStorage, openStorage } from '../drivers/embedded/open-storage.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import type { Log } from '../ports/log.ts';

/** The embedded home: one process, SQLite and the disk. */
export interface EmbeddedHome {
  /** The application's parts, for callers that reach us at `publicUrl`. */
  contextFor(publicUrl: string): AppContext;
  close(): Promise<void>;
}

export async function openEmbeddedHome(config: Config, log: Log): Promise<EmbeddedHome> {
  const storage = await openStorage(config.dataDir, log);
  return {
    contextFor: (publicUrl) => composeContext(config, log, storage, publicUrl),
    close: () => storage.close(),
  };
}

function composeContext(config: Config, log: Log, storage: EmbeddedStorage, publicUrl: string): AppContext {
  const secrets = config.signingSecrets.length > 0 ? config.signingSecrets : [storage.signingSecret];
  const objectUrls = createSigner(secrets, 'object-urls');
  const objects = new DiskObjectStore({ folder: storage.folder, publicUrl, signer: objectUrls });
  const { index } = storage;
  return {
    deps: {
      index,
      objects,
      clock: createRecordClock(storage.latestTime),
      log,
      pageTokens: createSigner(secrets, 'page-tokens'),
      limits: {
        maxImageBytes: config.maxImageBytes,
        maxPixels: config.maxImagePixels,
        acceptedTypes: config.acceptedTypes,
      },
      urlExpiresSeconds: config.urlExpiresSeconds,
    },
    publicUrl,
    async checkReady() {
      await Promise.all([index.check(), objects.check()]);
    },
    objectUrls,
    localOnly: config.localOnly,
  };
}
