import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { DomainError, isDomainError } from '../domain/errors.ts';
import { newLinkId, type ShareLink } from '../domain/share-link.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';
import { findImage } from './steps/find-image.ts';
import { earliestNow, lifeLeft } from './steps/live-links.ts';
import { fingerprintOf, idempotencyKeyReused, once } from './steps/once.ts';

const MINUTE = 60;
const WEEK = 7 * 24 * 3600;
const YEAR = 365 * 24 * 3600;

export const createLinkInput = z.strictObject({
  expires_in_seconds: z
    .int()
    .min(MINUTE)
    .max(YEAR)
    .default(WEEK)
    .meta({ description: 'From a minute to a year; a week where it is left out.' }),
});

type CreateLinkInput = z.output<typeof createLinkInput> & { readonly image_id: string };

export interface CreateLinkOutput {
  readonly link: ShareLink;
  /** Set where it is the kept answer to an earlier request. */
  readonly replayed?: true;
}

/** How many live links an image may have: requests at once may pass it by as many as there are of them. */
export const MOST_LINKS = 100;

type CreateDeps = Pick<Deps, 'index' | 'links' | 'keys' | 'clock' | 'log'>;

/**
 * Makes a link by which anybody may see an image until it expires or is revoked.
 * @param key under which the caller may repeat the request.
 */
export async function createLink(
  deps: CreateDeps,
  caller: Caller,
  input: CreateLinkInput,
  key?: string,
): Promise<CreateLinkOutput> {
  if (key === undefined) return { link: await create(deps, caller, input, randomBytes(16)) };
  const { image_id, expires_in_seconds } = input;
  const fingerprint = fingerprintOf({ image_id, expires_in_seconds });
  return once<CreateLinkOutput>(
    deps,
    { caller, operation: 'create-link', key },
    {
      async perform(turn) {
        // Whichever attempt makes it, it is one link: of these bytes 74 bits are random (RFC 9562, section 5.7).
        const secret = Buffer.from(turn.image_id.replaceAll('-', ''), 'hex');
        const link = await create(deps, caller, input, secret);
        if (lifeOf(link) !== expires_in_seconds) throw idempotencyKeyReused();
        return { output: { link }, answer: { fingerprint, content: link } };
      },
      async replay({ fingerprint: first, content }) {
        if (first !== fingerprint) throw idempotencyKeyReused();
        return { link: content as ShareLink, replayed: true };
      },
    },
  );
}

/** Makes the link, or finds it where an earlier attempt has made it with the same secret. */
async function create(
  deps: CreateDeps,
  caller: Caller,
  { image_id, expires_in_seconds }: CreateLinkInput,
  secret: Uint8Array,
): Promise<ShareLink> {
  const image = await findImage(deps, caller, image_id);
  if (image.status === 'pending') {
    throw new DomainError('not_ready', 'The image has not been uploaded yet. Complete its upload first.');
  }
  const now = deps.clock.now();
  const link: ShareLink = {
    link_id: newLinkId(image.image_id, secret),
    image_id: image.image_id,
    user_id: image.user_id,
    created_by: caller.user_id,
    created_at: new Date(now).toISOString(),
    expires_at: new Date(now + expires_in_seconds * 1000).toISOString(),
    views: 0,
    last_viewed_at: null,
  };
  const made = await liveLinks(deps, link);
  if (made.same) return made.same;
  if (made.count >= MOST_LINKS) {
    throw new DomainError('conflict', `The image has ${MOST_LINKS} links. Revoke some first.`);
  }
  try {
    await deps.links.create(link, eventOf(deps, { caller, action: 'create-link' }, image));
    return link;
  } catch (error) {
    // Another attempt under the same key was quicker.
    const same = isDomainError(error, 'conflict') ? (await liveLinks(deps, link)).same : undefined;
    if (!same) throw error;
    return same;
  }
}

async function liveLinks({ links, clock }: CreateDeps, { image_id, link_id }: ShareLink) {
  const kept = await links.list(image_id, earliestNow(clock));
  const live = kept.filter((link) => lifeLeft(link, clock) !== undefined);
  return { count: live.length, same: live.find((each) => each.link_id === link_id) };
}

function lifeOf({ created_at, expires_at }: ShareLink): number {
  return (Date.parse(expires_at) - Date.parse(created_at)) / 1000;
}
