/** The alias of the version that callers get. */
export const LIVE = 'live';
