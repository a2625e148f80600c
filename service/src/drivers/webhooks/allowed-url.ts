import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Those below are of other protocols (RFC 6335, section 6): nothing that takes a webhook is there, much else is. */
const LOWEST_PORT_OF_USERS = 1024;

/**
 * Names that lead somewhere inside, whatever is asked for their address: the machine itself (RFC 6761), the link
 * (RFC 6762), a home (RFC 8375), a company or a cloud (`internal`, reserved by ICANN in 2024, with
 * `metadata.google.internal` in it).
 */
const NAMES_INSIDE = /(^|\.)(localhost|local|home\.arpa|internal)$/;

/**
 * Whether messages may be sent to a URL at all. That a name passes says nothing about where it leads.
 * @param allowInternal http, any port and any host go as well; credentials in the URL never do.
 */
export function isAllowedUrl(url: URL, allowInternal: boolean): boolean {
  if (url.username !== '' || url.password !== '') return false;
  // Node would take no host for this machine.
  if (hostOf(url) === '') return false;
  if (allowInternal) return url.protocol === 'https:' || url.protocol === 'http:';
  return url.protocol === 'https:' && isPublicPort(url.port) && isPublicHost(hostOf(url));
}

/**
 * The host without the brackets of an IPv6 address, and without the dots that may end a name: certificates and
 * SNI know names without it (RFC 6066, section 3). URLs have addresses in one spelling only, whatever was typed.
 */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.+$/, '');
}

/** @param port empty for https's own, 443. */
function isPublicPort(port: string): boolean {
  return port === '' || Number(port) >= LOWEST_PORT_OF_USERS;
}

/** Names without a dot are completed by the network that asks. */
function isPublicHost(host: string): boolean {
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !NAMES_INSIDE.test(host);
}
