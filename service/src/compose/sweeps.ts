import { auditKeptSince } from '../domain/audit-event.ts';
import { type Periodic, periodically } from '../drivers/system/periodically.ts';
import { bringDeliveriesForward } from '../operations/background/bring-deliveries-forward.ts';
import { purgeTrash } from '../operations/background/purge-trash.ts';
import { retryDeliveries } from '../operations/background/retry-deliveries.ts';
import { sweepUploads } from '../operations/background/sweep-uploads.ts';
import type { Deps } from '../operations/deps.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** How often a server looks for uploads that have ended. */
const UPLOADS_MS = 60_000;

/** How often it looks for what has lain in the trash for long enough: of days, this is little. */
const TRASH_MS = 15 * 60_000;

/** How often it removes what it need no longer keep of who did what: a part at a time, so that it is soon done. */
const AUDIT_MS = 10 * 60_000;

/** How often it removes share links that have expired: nobody sees them until then. */
const LINKS_MS = 10 * 60_000;
/** How often it looks for what webhooks are to be told once more: as long as the shortest pause between tries. */
const DELIVERIES_MS = 5000;

/** How often it removes deliveries that are no longer kept. */
const KEPT_DELIVERIES_MS = 10 * 60_000;

/** How often it looks for what a clock that was ahead has put off for long. */
const FAR_OFF_MS = 10 * 60_000;

/**
 * What a server does again and again.
 * @param sure a clock that does not jump ahead: what is removed for good is old by that too.
 */
export function startSweeps(deps: Deps, log: Log, sure: Clock): Periodic[] {
  return [
    periodically(UPLOADS_MS, () => sweepUploads(deps), log, 'the sweep of uploads'),
    periodically(TRASH_MS, () => purgeTrash(deps, sure.now()), log, 'the purge of the trash'),
    ...(deps.webhooks
      ? [
          periodically(DELIVERIES_MS, () => retryDeliveries(deps), log, 'the sweep of deliveries'),
          periodically(FAR_OFF_MS, () => bringDeliveriesForward(deps), log, 'the look at deliveries far off'),
        ]
      : []),
  ];
}

/** Where nothing but this server removes events that are no longer kept. On AWS the table does. */
export function startAuditSweep(
  audit: { expire(before: number): Promise<number> },
  { clock, auditDays }: Pick<Deps, 'clock' | 'auditDays'>,
  log: Log,
): Periodic {
  return periodically(
    AUDIT_MS,
    () => audit.expire(auditKeptSince(clock.now(), auditDays)),
    log,
    'the sweep of the audit',
  );
}

/** Where nothing but this server removes links that have expired. On AWS the table does. */
export function startLinkSweep(
  links: { forgetExpired(before: number): Promise<number> },
  { clock }: Pick<Deps, 'clock'>,
  log: Log,
): Periodic {
  return periodically(LINKS_MS, () => links.forgetExpired(clock.now()), log, 'the sweep of share links');
}

/** The same for what webhooks were told, also where nobody is told any more. */
export function startDeliveriesSweep(
  deliveries: { expire(before: number): Promise<number> },
  { clock }: Pick<Deps, 'clock'>,
  log: Log,
): Periodic {
  return periodically(
    KEPT_DELIVERIES_MS,
    () => deliveries.expire(clock.now()),
    log,
    'the sweep of deliveries that are no longer kept',
  );
}
