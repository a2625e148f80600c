import type { AuditEvent } from '../../domain/audit-event.ts';
import { ANONYMOUS, type Caller } from '../../domain/caller.ts';
import type { DomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { type ImageId, newTimedId } from '../../domain/image-id.ts';
import type { Deps } from '../deps.ts';
import type { FunctionName } from '../manifest.ts';

/** What is done by whom: what goes with every change that a caller makes. */
export interface Doing {
  readonly caller: Caller;
  readonly action: FunctionName;
}

/** What the service does of its own accord. */
export function ownDoing(action: FunctionName): Doing {
  return { caller: ANONYMOUS, action };
}

/** The event that goes with a change of an image. */
export function eventOf(
  { clock }: Pick<Deps, 'clock'>,
  { caller, action }: Doing,
  {
    image_id,
    user_id,
  }: Pick<ImageRecord, 'image_id' | 'user_id'> | { image_id: null; user_id: string | null },
): AuditEvent {
  const msecs = clock.now();
  const { request_id, address } = caller.request;
  return {
    event_id: newTimedId(msecs),
    at: new Date(msecs).toISOString(),
    actor: caller.user_id,
    action,
    image_id,
    user_id,
    outcome: 'done',
    request_id,
    address,
  };
}

/** What a known caller is refused because of who they are, or have; what is merely wrong is no refusal. */
const REFUSALS: ReadonlySet<string> = new Set([
  'forbidden',
  'insufficient_user_authentication',
  'not_found',
  'quota_exceeded',
]);

/**
 * Writes down that a known caller was refused something. Where that fails they are refused all the same.
 * @param image_id that the request is about, whether there is such an image or not.
 */
export async function recordRefusal(
  { audit, clock, log }: Pick<Deps, 'audit' | 'clock' | 'log'>,
  { caller, action }: Doing,
  image_id: ImageId | undefined,
  { code, owner }: DomainError,
): Promise<void> {
  if (caller.user_id === null || !REFUSALS.has(code)) return;
  // What nobody has, and what somebody else has, is in no list that they see: it would tell them which it was.
  const user_id = owner ?? (code === 'quota_exceeded' ? caller.user_id : null);
  const event: AuditEvent = {
    ...eventOf({ clock }, { caller, action }, { image_id: null, user_id }),
    image_id: image_id ?? null,
    outcome: 'refused',
  };
  await audit.record(event).catch((cause: unknown) => {
    log.error({ err: cause, event }, 'a refusal could not be written into the audit; it stands here');
  });
}
