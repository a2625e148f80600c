/**
 * Emulators run in the process that asks them: when it is busy, connections wait. None is closed for having
 * been idle, which would look like a fault to whoever is about to use it, and a burst of new ones is let in.
 */
export const KEEP_ALIVE_MS = 600_000;
export const BACKLOG = 4096;
