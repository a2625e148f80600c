import type { AuditEvent } from '../../src/domain/audit-event.ts';
import { newImageId } from '../../src/domain/image-id.ts';

/** A deletion by alice of an image of hers, in May 2026, but for what is said otherwise. */
export function sampleEvent(differing: Partial<AuditEvent> = {}): AuditEvent {
  const at = differing.at ?? '2026-05-04T03:02:01.000Z';
  return {
    event_id: newImageId(Date.parse(at)),
    at,
    actor: 'alice',
    action: 'delete-image',
    image_id: newImageId(Date.parse(at)),
    user_id: 'alice',
    outcome: 'done',
    request_id: 'b7f3a1de-5a33-4c21-9a0e-6f2f0f0f0f0f',
    address: '203.0.113.7',
    ...differing,
  };
}
