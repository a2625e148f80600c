import { BlockList, isIP } from 'node:net';

/**
 * Addresses that lead to no server of the internet's, or to another one from each network that asks: the whole of
 * https://www.iana.org/assignments/iana-ipv4-special-registry (RFC 6890, RFC 8190), with what it says is reachable
 * from everywhere as well, as that is infrastructure and never who asked for a message. Multicast is registered
 * apart: https://www.iana.org/assignments/multicast-addresses.
 */
const SPECIAL_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8], // "this network"; Linux takes 0.0.0.0 for the machine itself
  ['10.0.0.0', 8], // private, RFC 1918
  ['100.64.0.0', 10], // shared by a provider's customers, RFC 6598; some clouds have their metadata in it
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, RFC 3927; 169.254.169.254 gives credentials away in most clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments, RFC 6890
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.31.196.0', 24], // AS112, RFC 7535
  ['192.52.193.0', 24], // AMT, RFC 7450
  ['192.88.99.0', 24], // relays of 6to4, RFC 7526
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112, RFC 7534
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4], // reserved, RFC 1112, and 255.255.255.255, which is everyone nearby
  // Not registered, as it is Microsoft's own; from a machine in Azure it is that machine's host:
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  ['168.63.129.16', 32],
];

/**
 * IANA gives out addresses of the internet from this block alone (RFC 4291, section 2.4;
 * https://www.iana.org/assignments/ipv6-unicast-address-assignments). Outside of it are the loopback, private,
 * link-local, site-local and multicast addresses, and those that have an IPv4 address inside: mapped ones
 * (::ffff:0:0/96), compatible ones (::/96) and NAT64's (64:ff9b::/96, 64:ff9b:1::/48).
 */
const GLOBAL_IPV6 = ['2000::', 3] as const;

/** What https://www.iana.org/assignments/iana-ipv6-special-registry has inside that block. */
const SPECIAL_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23], // protocol assignments, RFC 2928; Teredo is in it, which has an IPv4 address inside
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056, which has an IPv4 address inside
  ['2620:4f:8000::', 48], // AS112, RFC 7534
  ['3fff::', 20], // documentation, RFC 9637
];

// A list apart for each family: Node compares IPv4 addresses with networks of IPv6 as if they were mapped ones.
const specialIPv4 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) specialIPv4.addSubnet(network, prefix, 'ipv4');
const globalIPv6 = new BlockList();
globalIPv6.addSubnet(...GLOBAL_IPV6, 'ipv6');
const specialIPv6 = new BlockList();
for (const [network, prefix] of SPECIAL_IPV6) specialIPv6.addSubnet(network, prefix, 'ipv6');

/**
 * True for an address that is one server's, the same from everywhere on the internet. What is no address is not
 * public, and neither is one with a zone, such as `fe80::1%eth0`.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false;
  const family = isIP(address);
  if (family === 4) return !specialIPv4.check(address, 'ipv4');
  return family === 6 && globalIPv6.check(address, 'ipv6') && !specialIPv6.check(address, 'ipv6');
}
