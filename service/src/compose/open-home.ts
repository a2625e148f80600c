import type { Config } from '../config/config.ts';
import type { Log } from '../ports/log.ts';
import type { Home } from './home.ts';

/** Opens the home that the configuration names; what only the other needs is never loaded. */
export async function openHome(config: Config, log: Log): Promise<Home> {
  const { storage } = config;
  if (storage.kind === 'embedded') {
    const { beginWriterThread } = await import('../drivers/embedded/sqlite/writer-thread.ts');
    // It loads what it needs while the rest is loaded here.
    const thread = beginWriterThread();
    try {
      const { openEmbeddedHome } = await import('./embedded.ts');
      return await openEmbeddedHome(config, storage, log, thread);
    } catch (error) {
      await thread.discard();
      throw error;
    }
  }
  const { openAwsHome } = await import('./aws.ts');
  return openAwsHome(config, storage, log);
}
