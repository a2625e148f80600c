import { DomainError } from './errors.ts';

/** So many images, and so many bytes of them. */
export interface QuotaAmount {
  readonly images: number;
  readonly bytes: number;
}

/** null: without a limit. */
export interface QuotaLimits {
  readonly max_images: number | null;
  readonly max_bytes: number | null;
}

/** What was set for one user alone; where it is undefined, what holds for everybody counts. */
export interface OwnLimits {
  readonly max_images: number | null | undefined;
  readonly max_bytes: number | null | undefined;
}

export const NO_OWN_LIMITS: OwnLimits = { max_images: undefined, max_bytes: undefined };

/** The limits that count for a user. */
export function limitsOf(own: OwnLimits, defaults: QuotaLimits): QuotaLimits {
  return {
    max_images: own.max_images === undefined ? defaults.max_images : own.max_images,
    max_bytes: own.max_bytes === undefined ? defaults.max_bytes : own.max_bytes,
  };
}

/**
 * Why there is no room for `amount` beside what is `used`, in a sentence; undefined where there is. Only
 * what is asked for is looked at: who asks for no bytes is not refused for having too many.
 */
export function refusalOf(
  used: QuotaAmount,
  amount: QuotaAmount,
  { max_images, max_bytes }: QuotaLimits,
): DomainError | undefined {
  if (max_images !== null && amount.images > 0 && used.images + amount.images > max_images) {
    const left = Math.max(0, max_images - used.images);
    const images = max_images === 1 ? 'image' : 'images';
    return exceeded(`The limit of this user is ${max_images} ${images}, of which ${left} are left.`);
  }
  if (max_bytes !== null && amount.bytes > 0 && used.bytes + amount.bytes > max_bytes) {
    const left = Math.max(0, max_bytes - used.bytes);
    return exceeded(
      `The limit of this user is ${max_bytes} bytes, of which ${left} are left: too few for this image.`,
    );
  }
  return undefined;
}

function exceeded(message: string): DomainError {
  return new DomainError('quota_exceeded', message);
}
