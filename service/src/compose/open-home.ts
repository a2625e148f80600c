import type { Config } from '../config/config.ts';
import type { Log } from '../ports/log.ts';
import type { Home } from './home.ts';

/** Opens the home that the configuration names; what only the other needs is never loaded. */
export async function openHome(config: Config, log: Log): Promise<Home> {
  const { storage } = config;
  if (storage.kind === 'embedded') {
    const { openEmbeddedHome } = await import('./embedded.ts');
    return openEmbeddedHome(config, storage, log);
  }
  const { openAwsHome } = await import('./aws.ts');
  return openAwsHome(config, storage, log);
}
