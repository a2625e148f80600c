import type { Config } from '../config/config.ts';
import type { AppContext } from '../http/context.ts';
import type { Log } from '../ports/log.ts';

/** Where an installation lives: its parts, opened, and kept by this process until it closes them. */
export interface Home {
  /** For people: where the data lies. */
  readonly data: string;
  /** The application's parts, for callers that reach us at `publicUrl`. */
  contextFor(publicUrl: string): AppContext;
  close(): Promise<void>;
}

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
