import * as z from 'zod';
import { mustActFor } from '../domain/access.ts';
import type { Caller } from '../domain/caller.ts';
import { limitsOf, type QuotaAmount, type QuotaLimits } from '../domain/quota.ts';
import { userIdText } from '../domain/text.ts';
import type { Deps } from './deps.ts';

export const getUsageInput = z.object({ user_id: userIdText });

export interface Usage extends QuotaAmount, QuotaLimits {
  readonly user_id: string;
}

/** What a user has, uploads under way included, and may have. Nobody is asked to exist first. */
export async function getUsage(
  { quotas, quotaLimits }: Pick<Deps, 'quotas' | 'quotaLimits'>,
  caller: Caller,
  { user_id }: z.output<typeof getUsageInput>,
): Promise<Usage> {
  mustActFor(caller, user_id);
  const { images, bytes, limits } = await quotas.usageOf(user_id);
  return { user_id, images, bytes, ...limitsOf(limits, quotaLimits) };
}
