import type { ExaminedHome, Mender } from '../operations/maintenance/examine-home.ts';
import type { QuotaLedger } from '../ports/quota-ledger.ts';

/** An installation, opened for a command. */
export interface MaintainedHome extends ExaminedHome {
  readonly quotas: Pick<QuotaLedger, 'usageOf'>;
  /** Undefined where it is open for reading only. */
  readonly writable: Mender | undefined;
  /** How long a request takes at most that was under way when the command looked; 0 where there can be none. */
  readonly longestRequestMs: number;
  close(): Promise<void>;
}

/** What a command wants to do; who only reads does not get in a server's way. */
export type Access = 'read' | 'write';
