import * as z from 'zod';

/** Where clamd listens. */
export type ClamdAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

/** Names and IPv4 addresses. What is neither is found out when it is looked up. */
const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

const RULE =
  'must be host:port, such as 127.0.0.1:3310 or [::1]:3310, or the absolute path of a socket, ' +
  'such as unix:/run/clamav/clamd.ctl';

/** The same as a schema. */
export const clamdAddress = z.string().transform((text, context) => {
  const address = addressIn(text);
  if (address !== undefined) return address;
  context.addIssue(RULE);
  return z.NEVER;
});

/**
 * Reads `host:port`, `[IPv6 address]:port`, and the absolute path of a Unix socket, with or without `unix:`
 * before it.
 * @throws Error for any other text; its message says what the text must be.
 */
export function parseClamdAddress(text: string): ClamdAddress {
  const address = addressIn(text);
  if (address === undefined) throw new Error(`The address of clamd ${RULE}.`);
  return address;
}

function addressIn(text: string): ClamdAddress | undefined {
  const path = text.replace(/^unix:/, '');
  if (/^\/[^\0]*[^\0/]$/.test(path)) return { kind: 'socket', path };
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain ?? '';
  const known = bracketed === undefined ? HOST.test(host) : isIPv6(host);
  if (!known || port < 1 || port > 65_535) return undefined;
  return { kind: 'tcp', host, port };
}

/** A URL may have nothing but an IPv6 address in brackets. */
function isIPv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`tcp://[${text}]`);
}
