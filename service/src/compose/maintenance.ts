import { setTimeout as pause } from 'node:timers/promises';
import { loadMaintenanceConfig } from '../config/maintenance.ts';
import type { StorageConfig } from '../config/storage.ts';
import type { OwnLimits, QuotaLimits } from '../domain/quota.ts';
import {
  type Examination,
  examineHome,
  type Finding,
  LONGEST_UPLOAD_MS,
} from '../operations/maintenance/examine-home.ts';
import type { Log } from '../ports/log.ts';
import type { QuotaUsage } from '../ports/quota-ledger.ts';
import type { Access, MaintainedHome } from './maintained-home.ts';

export { type Examination, FINDING_KINDS, type Finding } from '../operations/maintenance/examine-home.ts';

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
    if (changes) await writable?.quotas.setLimits(user_id, { ...limits, ...change });
    return { usage: await quotas.usageOf(user_id), defaults };
  });
}

export interface ExamineHomeOptions {
  /** Puts right what can be put right. */
  readonly fix: boolean;
  /** Reads all bytes, too. */
  readonly scrub: boolean;
  /** Called before something that seems wrong is looked at again, where that takes a while. */
  readonly waiting: () => void;
  readonly report: (finding: Finding) => void;
}

export interface ExaminedInstallation extends Examination {
  readonly kind: StorageConfig['kind'];
}

/** Looks for all that failures and crashes may have left wrong, and puts it right where that is wanted. */
export async function runExamination(
  { fix, scrub, waiting, report }: ExamineHomeOptions,
  log: Log,
): Promise<ExaminedInstallation> {
  const { storage } = loadMaintenanceConfig();
  return inHome(storage, fix ? 'write' : 'read', log, async (home) => {
    const settle = async () => {
      if (home.longestRequestMs === 0) return;
      waiting();
      await pause(home.longestRequestMs);
    };
    const before = Date.now() - LONGEST_UPLOAD_MS;
    const mender = fix ? home.writable : undefined;
    return { kind: storage.kind, ...(await examineHome(home, { mender, before, settle, scrub }, report)) };
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
      ? await (await import('./maintenance-aws.ts')).openAwsMaintenance(storage, log)
      : await (await import('./maintenance-embedded.ts')).openEmbeddedMaintenance(storage, access, log);
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}
