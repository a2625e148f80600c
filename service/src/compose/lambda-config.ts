import { type Config, loadConfig } from '../config/config.ts';

let known: Config | undefined;

/** This function's configuration. Several of its parts ask for it, and to check it is a tenth of a start. */
export function functionConfig(): Config {
  known ??= loadConfig();
  return known;
}
