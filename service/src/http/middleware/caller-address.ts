import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Context } from 'hono';
import type { Env } from '../context.ts';
import type { TrustedProxies } from '../rate-limits.ts';

/** @param proxies addresses, and networks as `address/bits`; each has been checked. */
export function createTrustedProxies(proxies: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * Where a request comes from, as far as can be known: behind API Gateway what that says, which nobody else can
 * send to a function; otherwise as `callerAddress` has it.
 */
export function requestAddress(c: Context<Env>, trusted: TrustedProxies): string | undefined {
  const { identity, http } = c.env?.requestContext ?? {};
  return identity?.sourceIp ?? http?.sourceIp ?? callerAddress(c, trusted);
}

/**
 * The address of whoever sends the request, or undefined where there is no socket. It is the socket's
 * other end, unless that is a trusted proxy: then what this proxy says in `X-Forwarded-For`, from the
 * right, past further trusted proxies. Everything to the left of that is what callers say of themselves.
 */
export function callerAddress(c: Context<Env>, trusted: TrustedProxies): string | undefined {
  const socket = c.env?.incoming?.socket;
  const nearest = socket && peerOf(socket, trusted);
  if (nearest === undefined || !nearest.isTrusted) return nearest?.address;
  let { address } = nearest;
  const forwarded = c.req.header('x-forwarded-for')?.split(',').reverse() ?? [];
  for (const entry of forwarded) {
    const next = bareAddress(entry);
    // Nobody can say what a malformed entry means: the proxy that passed it on has to answer for it.
    if (next === undefined) return address;
    address = next;
    if (!isTrusted(address, trusted)) return address;
  }
  return address;
}

/** The other end of a connection. */
interface Peer {
  readonly address: string;
  readonly isTrusted: boolean;
  readonly trusted: TrustedProxies;
}

/** Of each connection, which has one other end however many requests come through it. */
const peers = new WeakMap<object, Peer>();

function peerOf(socket: { readonly remoteAddress?: string | undefined }, trusted: TrustedProxies) {
  const known = peers.get(socket);
  if (known?.trusted === trusted) return known;
  const address = socket.remoteAddress === undefined ? undefined : bareAddress(socket.remoteAddress);
  if (address === undefined) return undefined;
  const peer: Peer = { address, isTrusted: isTrusted(address, trusted), trusted };
  peers.set(socket, peer);
  return peer;
}

function isTrusted(address: string, trusted: TrustedProxies): boolean {
  return trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** An address without port, brackets, zone and the IPv6 form of IPv4; undefined for what is none. */
function bareAddress(entry: string): string | undefined {
  const text = entry.trim();
  const [, bracketed, withPort] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text) ?? [];
  const address = (bracketed ?? withPort ?? text).replace(/%[\w.-]+$/, '');
  if (isIP(address) === 0) return undefined;
  return isIPv6(address) ? (mappedIPv4(address) ?? address) : address;
}

/** Of `::ffff:192.0.2.1`, however it is spelled, `192.0.2.1`. */
function mappedIPv4(address: string): string | undefined {
  const groups = groupsOf(address);
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * What is limited as one: an IPv4 address, or the /64 that an IPv6 address is in, since whoever has one
 * address of that has them all.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address).slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}

/** The eight groups of a well-formed IPv6 address. */
function groupsOf(address: string): number[] {
  // The last four bytes may be written as IPv4.
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}
