import {
  limitsOf,
  NO_OWN_LIMITS,
  type OwnLimits,
  type QuotaAmount,
  type QuotaLimits,
  refusalOf,
} from '../../domain/quota.ts';
import type { QuotaLedger } from '../../ports/quota-ledger.ts';
import type { UsageWalk } from '../../ports/usage-walk.ts';

interface Account {
  images: number;
  bytes: number;
  limits: OwnLimits;
}

/** Counts in memory, for tests: the port's promises in their plainest form. */
export function createMemoryQuotaLedger(): QuotaLedger & UsageWalk {
  const accounts = new Map<string, Account>();
  const accountOf = (user_id: string): Account => {
    const account = accounts.get(user_id) ?? { images: 0, bytes: 0, limits: NO_OWN_LIMITS };
    accounts.set(user_id, account);
    return account;
  };
  const take = (user_id: string, { images, bytes }: QuotaAmount, defaults: QuotaLimits, had = 0) => {
    const account = accountOf(user_id);
    const others = { images: account.images, bytes: account.bytes - had };
    const refusal = refusalOf(others, { images, bytes: had + bytes }, limitsOf(account.limits, defaults));
    if (refusal) throw refusal;
    account.images += images;
    account.bytes += bytes;
  };
  const giveBack = (user_id: string, { images, bytes }: QuotaAmount) => {
    const account = accountOf(user_id);
    account.images = Math.max(0, account.images - images);
    account.bytes = Math.max(0, account.bytes - bytes);
  };
  return {
    async reserve(user_id, { images, bytes }, defaults) {
      take(user_id, { images, bytes }, defaults);
      let reserved = bytes;
      const resize = (wanted: number) => {
        if (wanted > reserved) take(user_id, { images: 0, bytes: wanted - reserved }, defaults, reserved);
        else giveBack(user_id, { images: 0, bytes: reserved - wanted });
        reserved = wanted;
      };
      return {
        resize: async (wanted) => resize(wanted),
        willBe() {},
        keep: async (held) => giveBack(user_id, { images: 0, bytes: reserved - held }),
        giveBack: async () => giveBack(user_id, { images, bytes: reserved }),
      };
    },
    giveBack: async (user_id, amount) => giveBack(user_id, amount),
    async usageOf(user_id) {
      const { images = 0, bytes = 0, limits = NO_OWN_LIMITS } = accounts.get(user_id) ?? {};
      return { images, bytes, limits };
    },
    async setLimits(user_id, limits) {
      accountOf(user_id).limits = limits;
    },
    async correct(user_id, seen, counted) {
      const account = accountOf(user_id);
      if (account.images !== seen.images || account.bytes !== seen.bytes) return false;
      Object.assign(account, { images: counted.images, bytes: counted.bytes });
      return true;
    },
    async *walk() {
      for (const [user_id, { images, bytes }] of [...accounts]) yield { user_id, images, bytes };
    },
  };
}
