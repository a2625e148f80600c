import { existsSync } from 'node:fs';

/** Where Debian and its kin have it. Others say where theirs is in `CHROMIUM_PATH`. */
export const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

export const HAS_CHROMIUM = existsSync(CHROMIUM);

/** Nothing of its own goes to the network, and it may run as root. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
