import { setTimeout as pause } from 'node:timers/promises';
import { loadMaintenanceConfig } from '../config/maintenance.ts';
import type { StorageConfig } from '../config/storage.ts';
import type { OwnLimits, QuotaLimits } from '../domain/quota.ts';
import { type Recount, recountUsage } from '../operations/maintenance/recount-usage.ts';
import type { Log } from '../ports/log.ts';
import type { QuotaUsage } from '../ports/quota-ledger.ts';
import type { Access, MaintainedHome } from './maintained-home.ts';

export type { Recount, WrongUsage } from '../operations/maintenance/recount-usage.ts';

export interface UserQuota {
  readonly usage: QuotaUsage;
  /** Of users who have none of their own, by this environment. */
  readonly defaults: QuotaLimits;
}

/** What a user has and may have, after their own limits have become what is said, where anything is. */
export async function runQuota(user_id: string, change: Partial<OwnLimits>, log: Log): Promise<UserQuota> {
  const { storage, quotaLimits: defaults } = loadMaintenanceConfig();
  const changes = Object.keys(change).length > 0;
  return inHome(storage, changes ? 'write' : 'read', log, async ({ quotas, writable }) => {
    const { limits } = await quotas.usageOf(user_id);
    if (changes) await writable?.setLimits(user_id, { ...limits, ...change });
    return { usage: await quotas.usageOf(user_id), defaults };
  });
}

export interface RecountedHome extends Recount {
  readonly kind: StorageConfig['kind'];
}

/** Counts all users' quotas anew, and puts them right where that is wanted. */
export async function runRecount(mend: boolean, waiting: () => void, log: Log): Promise<RecountedHome> {
  const { storage } = loadMaintenanceConfig();
  return inHome(storage, mend ? 'write' : 'read', log, async (home) => {
    const settle = async () => {
      waiting();
      await pause(home.longestRequestMs);
    };
    const recount = await recountUsage(home, { settle, mend: mend ? home.writable : undefined });
    return { kind: storage.kind, ...recount };
  });
}

/** What only one kind of home needs is loaded only for it. */
async function inHome<Result>(
  storage: StorageConfig,
  access: Access,
  log: Log,
  use: (home: MaintainedHome) => Promise<Result>,
): Promise<Result> {
  const home =
    storage.kind === 'aws'
      ? await (await import('./maintenance-aws.ts')).openAwsMaintenance(storage)
      : await (await import('./maintenance-embedded.ts')).openEmbeddedMaintenance(storage, access, log);
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}
