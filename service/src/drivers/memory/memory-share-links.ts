import { DomainError } from '../../domain/errors.ts';
import { isLive, newestFirst, type ShareLink } from '../../domain/share-link.ts';
import type { AuditTrail } from '../../ports/audit-trail.ts';
import type { ShareLinks } from '../../ports/share-links.ts';
import { createMemoryAuditTrail } from './memory-audit-trail.ts';

/** Links in memory, for tests: the port's promises in their plainest form. */
export function createMemoryShareLinks(
  audit: Pick<AuditTrail, 'record'> = createMemoryAuditTrail(),
): ShareLinks {
  const links = new Map<string, ShareLink>();
  const live = (link_id: string, now: number) => {
    const link = links.get(link_id);
    return link && isLive(link, now) ? link : undefined;
  };
  return {
    async create(link, event) {
      if (links.has(link.link_id)) throw new DomainError('conflict', 'There is a link of this id already.');
      links.set(link.link_id, link);
      if (event) await audit.record(event);
    },
    list: async (image_id, now) =>
      [...links.values()].filter((link) => link.image_id === image_id && isLive(link, now)).sort(newestFirst),
    find: async (link_id, now) => live(link_id, now),
    async open(link_id, now, at = now) {
      const link = live(link_id, now);
      if (!link) return undefined;
      const opened = { ...link, views: link.views + 1, last_viewed_at: new Date(at).toISOString() };
      links.set(link_id, opened);
      return opened;
    },
    async revoke(image_id, link_id, now, event) {
      if (live(link_id, now)?.image_id !== image_id) return false;
      links.delete(link_id);
      if (event) await audit.record(event);
      return true;
    },
    async removeOf(image_id) {
      for (const [link_id, link] of links) if (link.image_id === image_id) links.delete(link_id);
    },
  };
}
