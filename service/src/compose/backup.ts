import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadMaintenanceConfig } from '../config/maintenance.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { openBackup, openRestore } from '../drivers/embedded/folder-backup.ts';
import {
  backUpHome,
  type CopiedSnapshot,
  type CopyReport,
  copySnapshot,
  dropUnnamed,
} from '../operations/maintenance/copy-snapshot.ts';
import { examineHome, type Finding, LONGEST_UPLOAD_MS } from '../operations/maintenance/examine-home.ts';
import type { Log } from '../ports/log.ts';
import { LONGEST_REQUEST_MS, openEmbeddedMaintenance } from './maintenance-embedded.ts';

export type { CopyReport, LostBytes } from '../operations/maintenance/copy-snapshot.ts';
export type { Finding } from '../operations/maintenance/examine-home.ts';

export interface CopiedInstallation extends CopiedSnapshot {
  /** The data folder. */
  readonly data_dir: string;
  /** What the doctor finds in the copy. */
  readonly findings: readonly Finding[];
}

export interface BackedUpInstallation extends CopiedInstallation {
  /** How often records had to be taken until each had its bytes. */
  readonly rounds: number;
  /** Objects of an earlier backup there that no record names any more. */
  readonly dropped: number;
}

export interface RunOptions {
  /** The folder of the backup. */
  readonly folder: string;
  /** The doctor reads all bytes of the copy, too. */
  readonly scrub: boolean;
  readonly report: CopyReport;
}

/** Backs up the environment's data folder, whose server may go on serving. @throws OperatorError */
export async function runBackup(options: RunOptions, log: Log): Promise<BackedUpInstallation> {
  const data_dir = dataDirOfEnvironment();
  const folder = resolve(options.folder);
  const { report, scrub } = options;
  const { source, target, before, takeRecords, finish, close } = await openBackup(data_dir, folder);
  try {
    const home = { objects: source, takeRecords, settle: () => pause(LONGEST_REQUEST_MS) };
    const { keys, ...copied } = await backUpHome(home, target, { before, report });
    await finish();
    const dropped = await dropUnnamed(target, keys);
    return { data_dir, ...copied, dropped, findings: await findingsIn(folder, scrub, log) };
  } finally {
    await close();
  }
}

/** Makes the environment's data folder, which must not be there, of a backup. @throws OperatorError */
export async function runRestore(options: RunOptions, log: Log): Promise<CopiedInstallation> {
  const data_dir = dataDirOfEnvironment();
  const { report, scrub } = options;
  const { walk, source, target, finish, close } = await openRestore(resolve(options.folder), data_dir);
  try {
    const { keys: _keys, ...copied } = await copySnapshot(walk, source, target, { report });
    await finish();
    return { data_dir, ...copied, findings: await findingsIn(data_dir, scrub, log) };
  } finally {
    await close();
  }
}

function dataDirOfEnvironment(): string {
  const { storage } = loadMaintenanceConfig();
  if (storage.kind === 'embedded') return storage.dataDir;
  throw new OperatorError(
    'Only a data folder is backed up by this command. On AWS, tables have point-in-time recovery and the bucket ' +
      'keeps the versions of what was deleted for 30 days.',
  );
}

/** Nobody else is using it: nothing has to be waited for. */
async function findingsIn(dataDir: string, scrub: boolean, log: Log): Promise<Finding[]> {
  const findings: Finding[] = [];
  const home = await openEmbeddedMaintenance({ kind: 'embedded', dataDir }, 'read', log);
  try {
    const before = Date.now() - LONGEST_UPLOAD_MS;
    const options = { mender: undefined, before, settle: async () => {}, scrub };
    await examineHome(home, options, (finding) => findings.push(finding));
  } finally {
    await home.close();
  }
  return findings;
}
