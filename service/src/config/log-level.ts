/** The level of LOG_LEVEL, unchecked: for what has to be small, and is followed by what checks it. */
export function readLogLevel(): string {
  return process.env['LOG_LEVEL'] || 'info';
}
