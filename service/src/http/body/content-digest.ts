import type { Context } from 'hono';
import { type DomainError, invalidField } from '../../domain/errors.ts';
import type { Env } from '../context.ts';

const SHA256_BYTES = 32;

/** What a parameter of a member may be: nothing in it means anything here. */
const BARE_ITEM =
  /:[A-Za-z0-9+/=]*:|"(?:[ !#-[\]-~]|\\["\\])*"|\?[01]|@?-?\d{1,15}(?:\.\d{1,3})?|[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/;
const KEY = /[a-z*][a-z0-9_.*-]*/;

/** A member of a dictionary (RFC 9651, section 3.2) whose value is a byte sequence, and what parts it from the next. */
const MEMBER = new RegExp(
  `[ \\t]*(${KEY.source})=:([A-Za-z0-9+/]*={0,2}):(?:; *${KEY.source}(?:=(?:${BARE_ITEM.source}))?)*[ \\t]*(,|$)`,
  'y',
);

/**
 * The SHA-256 that the sender says the content has (`Content-Digest`, RFC 9530, section 2), or undefined
 * where it says none. Digests of other algorithms are passed over (section 5): SHA-256 is enough.
 */
export function announcedDigest(c: Context<Env>): Buffer | undefined {
  const field = c.req.header('content-digest');
  const value = field === undefined ? undefined : digestsIn(field).get('sha-256');
  if (value === undefined) return undefined;
  const digest = Buffer.from(value, 'base64');
  if (digest.length !== SHA256_BYTES) throw malformed();
  return digest;
}

export function wrongDigest(): DomainError {
  return invalidField('Content-Digest', 'has another sha-256 than the content that has arrived');
}

/** Of a name that is given twice the last one counts, as for every dictionary. */
function digestsIn(field: string): Map<string, string> {
  const digests = new Map<string, string>();
  let rest = field.trim();
  while (rest !== '') {
    MEMBER.lastIndex = 0;
    const [all, name, value, end] = MEMBER.exec(rest) ?? [];
    if (all === undefined || name === undefined || value === undefined) throw malformed();
    digests.set(name, value);
    rest = rest.slice(all.length);
    if (end === ',' && rest === '') throw malformed();
  }
  return digests;
}

function malformed(): DomainError {
  return invalidField('Content-Digest', 'must be digests as RFC 9530 writes them, such as sha-256=:...:');
}
