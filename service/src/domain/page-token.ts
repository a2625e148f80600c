import type { AuditPosition } from './audit-event.ts';
import type { DateRange } from './date-range.ts';
import { isImageId } from './image-id.ts';
import type { ListFilter, ListPosition } from './listing.ts';
import { SEARCH_RANKS, type Search, type SearchPosition } from './search.ts';
import type { Signer } from './signing.ts';

/**
 * `last_evaluated_key`: where a listing goes on, readable for us alone and bound by its signature to the
 * listing's filters and to the caller, so that it can be neither made up nor carried over to another one.
 */
export function encodePageToken(
  signer: Signer,
  { upload_time, image_id }: ListPosition,
  filter: ListFilter,
  caller: string,
): string {
  return encode(signer, { time: upload_time, id: image_id }, listingOf(filter), caller);
}

/** The position in a token, or undefined where the token is not ours, or of another listing or caller. */
export function decodePageToken(
  signer: Signer,
  token: string,
  filter: ListFilter,
  caller: string,
): ListPosition | undefined {
  const place = decode(signer, token, listingOf(filter), caller);
  return place && { upload_time: place.time, image_id: place.id };
}

/** The same for a page of what was found. */
export function encodeSearchToken(
  signer: Signer,
  { upload_time, image_id, rank }: SearchPosition,
  listing: Search,
  caller: string,
): string {
  return encode(signer, { time: upload_time, id: image_id, rank }, searchOf(listing), caller);
}

/** The position in a token of what was found, or undefined as for other listings. */
export function decodeSearchToken(
  signer: Signer,
  token: string,
  listing: Search,
  caller: string,
): SearchPosition | undefined {
  const place = decode(signer, token, searchOf(listing), caller);
  const rank = SEARCH_RANKS.find((known) => known === place?.rank);
  return place && rank !== undefined ? { upload_time: place.time, image_id: place.id, rank } : undefined;
}

/** What of the audit a page is of; a time that moves, such as how long events are kept, is no part of it. */
export interface AuditListing {
  readonly user_id?: string | undefined;
  readonly image_id?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly within: DateRange;
}

/** The same for a page of the audit; neither's tokens are of use to the other. */
export function encodeAuditToken(
  signer: Signer,
  { at, event_id }: AuditPosition,
  listing: AuditListing,
  caller: string,
): string {
  return encode(signer, { time: at, id: event_id }, auditOf(listing), caller);
}

/** The position in a token of the audit, or undefined as for other listings. */
export function decodeAuditToken(
  signer: Signer,
  token: string,
  listing: AuditListing,
  caller: string,
): AuditPosition | undefined {
  const place = decode(signer, token, auditOf(listing), caller);
  return place && { at: place.time, event_id: place.id };
}

/** Of which deliveries a page is. */
export interface DeliveryListing {
  readonly webhook_id: string;
  readonly state?: string | undefined;
}

/** The same for a page of deliveries, which their ids alone put in order. */
export function encodeDeliveryToken(
  signer: Signer,
  delivery_id: string,
  listing: DeliveryListing,
  caller: string,
): string {
  return encode(signer, { time: '-', id: delivery_id }, deliveriesOf(listing), caller);
}

/** The delivery after which a page begins, or undefined as for other listings. */
export function decodeDeliveryToken(
  signer: Signer,
  token: string,
  listing: DeliveryListing,
  caller: string,
): string | undefined {
  return decode(signer, token, deliveriesOf(listing), caller)?.id;
}

/** Every listing is ordered by a time and a UUIDv7. */
interface Place {
  readonly time: string;
  readonly id: string;
  /** Of what was found, which is in the order of its rank first. */
  readonly rank?: number | undefined;
}

function encode(
  signer: Signer,
  { time, id, rank }: Place,
  listing: readonly unknown[],
  caller: string,
): string {
  const body = Buffer.from([time, id, ...(rank === undefined ? [] : [rank])].join(' ')).toString('base64url');
  return `${body}.${signer.sign(signedText(body, listing, caller))}`;
}

function decode(
  signer: Signer,
  token: string,
  listing: readonly unknown[],
  caller: string,
): Place | undefined {
  const dot = token.indexOf('.');
  if (dot < 1) return undefined;
  const body = token.slice(0, dot);
  if (!signer.verify(signedText(body, listing, caller), token.slice(dot + 1))) return undefined;
  const [time, id, rank] = Buffer.from(body, 'base64url').toString().split(' ');
  if (time === undefined || id === undefined || !isImageId(id)) return undefined;
  return { time, id, rank: rank === undefined ? undefined : Number(rank) };
}

/** @param listing what tells one listing from every other. */
function signedText(body: string, listing: readonly unknown[], caller: string): string {
  return JSON.stringify([body, caller, ...listing]);
}

function listingOf(filter: ListFilter): readonly unknown[] {
  const { user_id = null, tags, uploaded, order, status } = filter;
  return [user_id, tags, ...spanOf(uploaded), order, ...(status ? [status] : [])];
}

/** Its first part is an array, where that of every other listing is a text or null: no two sign the same. */
function searchOf({ terms, filter, order }: Search): readonly unknown[] {
  const sought = terms.map(({ words, isPrefix }) => [...words, isPrefix]);
  return [
    ['search', sought, order],
    filter.user_id ?? null,
    filter.tags,
    ...spanOf(filter.uploaded),
    filter.status ?? null,
  ];
}

/** Its second part is a text or null, where that of a listing of images is an array: the two never sign the same. */
function auditOf({ user_id, image_id, actor, action, outcome, within }: AuditListing): readonly unknown[] {
  const asked = [user_id, image_id, actor, action, outcome].map((value) => value ?? null);
  return ['audit', ...asked, ...spanOf(within)];
}

/** Shorter than any other: so it never signs the same. */
function deliveriesOf({ webhook_id, state }: DeliveryListing): readonly unknown[] {
  return ['deliveries', webhook_id, state ?? null];
}

function spanOf({ from, before }: DateRange): readonly unknown[] {
  return [from ?? null, before ?? null];
}
