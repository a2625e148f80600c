/** Where lines go: a terminal, or a log that somebody reads later. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How many columns it has; undefined where it is none. One that does not know is taken for one of the usual width. */
export function columnsOf({ isTTY, columns = 0 }: Terminal): number | undefined {
  if (!isTTY) return undefined;
  return columns > 0 ? columns : USUAL_COLUMNS;
}

const USUAL_COLUMNS = 80;

/** A count of bytes for people. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}
