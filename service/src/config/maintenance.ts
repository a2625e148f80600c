import { resolve } from 'node:path';
import * as z from 'zod';
import type { QuotaLimits } from '../domain/quota.ts';
import { ConfigError } from './config.ts';
import { readAwsPlace } from './migration.ts';
import { quotaEnvironment, quotaLimitsOf } from './quotas.ts';
import type { StorageConfig } from './storage.ts';

/** What commands have to know of the installation that they look after. */
export interface MaintenanceConfig {
  readonly storage: StorageConfig;
  readonly quotaLimits: QuotaLimits;
}

const environment = z.object({
  STORAGE: z.enum(['embedded', 'aws'], 'must be embedded or aws').default('embedded'),
  DATA_DIR: z.string().default('./data'),
  ...quotaEnvironment,
});

/**
 * The installation that the environment names, as for its server; but neither its job queue nor its secrets.
 * @throws ConfigError
 */
export function readMaintenanceConfig(
  variables: Readonly<Record<string, string | undefined>>,
): MaintenanceConfig {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = environment.safeParse(given);
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}.`),
    );
  }
  const { STORAGE, DATA_DIR } = result.data;
  const storage: StorageConfig =
    STORAGE === 'aws' ? readAwsPlace(variables) : { kind: 'embedded', dataDir: resolve(DATA_DIR) };
  return { storage, quotaLimits: quotaLimitsOf(result.data) };
}

export function loadMaintenanceConfig(): MaintenanceConfig {
  return readMaintenanceConfig(process.env);
}
