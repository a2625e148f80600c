/** What a user has, as the service answers. */
export interface Usage {
  readonly images: number;
  readonly bytes: number;
  /** Null where there is no limit. */
  readonly max_images: number | null;
  readonly max_bytes: number | null;
}

/** A meter: how full, of what, and the same in words. */
export interface UsageMeter {
  readonly label: string;
  /** From 0 to 1; null where there is no limit. */
  readonly share: number | null;
  readonly words: string;
  /** True from nine tenths on. */
  readonly isNearlyFull: boolean;
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** A size for people, in powers of 1,024: `3.4 MB`. */
export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be shown as 1,000 or more of a unit is less than one of the next.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  const number = value.toLocaleString('en', { maximumFractionDigits: digits });
  return unit === 0 && number === '1' ? '1 byte' : `${number} ${UNITS[unit]}`;
}

/** `1 photo`, `2,000 photos`. */
export function countInWords(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** The two meters of a user's usage: images and bytes. */
export function metersOf({ images, bytes, max_images, max_bytes }: Usage): readonly UsageMeter[] {
  return [
    meterOf('Images', images, max_images, (count) => count.toLocaleString('en')),
    meterOf('Storage', bytes, max_bytes, sizeInWords),
  ];
}

function meterOf(
  label: string,
  used: number,
  limit: number | null,
  inWords: (value: number) => string,
): UsageMeter {
  if (limit === null) return { label, share: null, words: `${inWords(used)}, no limit`, isNearlyFull: false };
  const share = limit > 0 ? Math.min(1, used / limit) : 1;
  return { label, share, words: `${inWords(used)} of ${inWords(limit)}`, isNearlyFull: share >= 0.9 };
}
