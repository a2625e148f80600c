import type { Log } from '../../src/ports/log.ts';

/** For tests in which nothing is said that matters. */
export const silentLog: Log = { info() {}, warn() {}, error() {} };
