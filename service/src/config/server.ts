import * as z from 'zod';
import { type Config, ConfigError, readConfig, sentencesOf, thoseSet, VARIABLES } from './config.ts';
import { type GalleryConfig, galleryEnvironment, galleryOf, problemsOfGallery } from './gallery.ts';

/** What a server is told, beyond what functions are: they have none of this code in them. */
export interface ServerConfig extends Config {
  /** Undefined: it is not shown. */
  readonly gallery: GalleryConfig | undefined;
}

const environment = z.object(galleryEnvironment);

/** The names of all variables that a server reads, in the order of the README's table. */
export const SERVER_VARIABLES: readonly string[] = [...VARIABLES, ...Object.keys(galleryEnvironment)];

/** The configuration of a server that an environment says; an empty variable counts as not set. @throws ConfigError */
export function readServerConfig(variables: Readonly<Record<string, string | undefined>>): ServerConfig {
  const given = thoseSet(variables);
  const problems: string[] = [];
  const config = collect(problems, () => readConfig(given));
  const result = environment.safeParse(given);
  if (!result.success) problems.push(...sentencesOf(result.error));
  else if (config) problems.push(...problemsOfGallery(result.data, config.auth));
  if (!config || !result.success || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ ...config, gallery: galleryOf(result.data, config.auth) });
}

/** The configuration of this process. */
export function loadServerConfig(): ServerConfig {
  return readServerConfig(process.env);
}

function collect(problems: string[], read: () => Config): Config | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
