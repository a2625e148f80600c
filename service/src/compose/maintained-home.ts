import type { ImageWalk } from '../ports/image-walk.ts';
import type { QuotaLedger } from '../ports/quota-ledger.ts';
import type { UsageWalk } from '../ports/usage-walk.ts';

/** An installation, opened for a command. */
export interface MaintainedHome {
  readonly quotas: Pick<QuotaLedger, 'usageOf'>;
  /** Undefined where it is open for reading only. */
  readonly writable: Pick<QuotaLedger, 'setLimits' | 'correct'> | undefined;
  readonly walk: ImageWalk;
  readonly usages: UsageWalk;
  /** How long a request takes at most that was under way when the command looked. */
  readonly longestRequestMs: number;
  close(): Promise<void>;
}

/** What a command wants to do; who only reads does not get in a server's way. */
export type Access = 'read' | 'write';
