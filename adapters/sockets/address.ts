import { BlockList, isIPv4, isIPv6, type Socket } from "node:net";

/** The address of the other side; one of IPv4 as such, also where the server listens on IPv6 and it comes as `::ffff:192.0.2.1`. */
export const plainAddress = (address: string | undefined): string => (address ?? "unknown").replace(/^::ffff:/i, "");

/** Loopback, link-local and private networks (RFC 1918, RFC 4193): who is there is a proxy, or nobody's stranger. */
const near = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const)
  near.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::1", 128],
  ["fe80::", 10],
  ["fc00::", 7],
] as const)
  near.addSubnet(network, prefix, "ipv6");

/**
 * What one stranger has to itself: an address of IPv4, the first 64 bits of one of IPv6. Undefined for what is no stranger's:
 * addresses of this machine and of private networks.
 */
export const strangerAt = (address: string): string | undefined => {
  if (isIPv4(address)) return near.check(address, "ipv4") ? undefined : address;
  if (!isIPv6(address) || near.check(address, "ipv6")) return undefined;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
};

export const addressOf = ({ remoteAddress }: Pick<Socket, "remoteAddress">): string => plainAddress(remoteAddress);
