/**
 * Whether an `If-Match` header (RFC 9110, section 13.1.1) allows a change of something whose entity tag
 * is `etag`: no header does, `*` does, and a list does when it names the tag. Weak tags never match.
 */
export function ifMatchAllows(header: string | undefined, etag: string): boolean {
  if (header === undefined || header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim() === etag);
}
