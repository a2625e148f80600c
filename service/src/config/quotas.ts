import type { QuotaLimits } from '../domain/quota.ts';
import { wholeNumber } from './numbers.ts';

/** Of bytes a thousand terabytes: more than anybody's quota, and far from where numbers are no longer exact. */
export const MOST_PER_USER = 999_999_999_999_999;

/** The variables that say what every user may have; left out, there is no limit. */
export const quotaEnvironment = {
  MAX_IMAGES_PER_USER: wholeNumber(1, MOST_PER_USER).optional(),
  MAX_BYTES_PER_USER: wholeNumber(1, MOST_PER_USER).optional(),
};

interface QuotaEnvironment {
  readonly MAX_IMAGES_PER_USER?: number | undefined;
  readonly MAX_BYTES_PER_USER?: number | undefined;
}

export function quotaLimitsOf(env: QuotaEnvironment): QuotaLimits {
  return { max_images: env.MAX_IMAGES_PER_USER ?? null, max_bytes: env.MAX_BYTES_PER_USER ?? null };
}
