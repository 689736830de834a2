import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyaddr from "proxy-addr";
import { plainAddress } from "./address.js";

/** How many proxies there are in front, or their addresses and networks. Undefined: none. */
export type TrustedProxies = number | ReadonlyArray<string> | undefined;

/** Where a request came from. What a proxy says about that is believed of a trusted one only. */
export interface Origin {
  /** The address of the client, or of the last proxy that is trusted; "unknown" for a connection that is gone. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Whether the client's side of the proxy is TLS. */
  readonly isSecure: (request: IncomingMessage) => boolean;
}

/** @param unnamed takes the address of the first that is not trusted, and says where its requests come from as a proxy does */
export const originBehind = (proxies: TrustedProxies, unnamed: (address: string) => void = () => {}): Origin => {
  const isTrusted = trust(proxies);
  let isTold = false;
  const look = (address: string, { headers }: IncomingMessage): void => {
    if (isTold || isTrusted(address, 0)) return;
    if (headers["x-forwarded-for"] === undefined && headers["x-forwarded-proto"] === undefined) return;
    isTold = true;
    unnamed(plainAddress(address));
  };
  return {
    addressOf: (request) => {
      const { remoteAddress } = request.socket;
      if (remoteAddress === undefined) return plainAddress(remoteAddress);
      look(remoteAddress, request);
      const known = proxyaddr(request, isTrusted);
      // What a proxy names may be no address: "unknown", or one with a port.
      return plainAddress(isIP(known) === 0 ? remoteAddress : known);
    },
    isSecure: (request) => {
      const { remoteAddress } = request.socket;
      if (remoteAddress === undefined) return false;
      look(remoteAddress, request);
      if (!isTrusted(remoteAddress, 0)) return false;
      return /^\s*https\s*(?:,|$)/i.test(String(request.headers["x-forwarded-proto"] ?? ""));
    },
  };
};

const trust = (proxies: TrustedProxies): ((address: string, hops: number) => boolean) => {
  if (proxies === undefined) return () => false;
  return typeof proxies === "number" ? (_, hops) => hops < proxies : proxyaddr.compile([...proxies]);
};

/** `1`; or `10.0.0.0/8, ::1, loopback`: addresses, networks, and the names that proxy-addr has for some. Undefined: neither. */
export const trustedProxies = (text: string): TrustedProxies => {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const proxies = text.split(",").map((part) => part.trim());
  // proxy-addr also takes addresses as inet_aton does, such as "100" for 0.0.0.100.
  if (!proxies.every((one) => isIP(one.replace(/\/\d+$/, "")) !== 0 || /^[a-z]+$/.test(one))) return undefined;
  try {
    proxyaddr.compile(proxies);
    return proxies;
  } catch {
    return undefined;
  }
};
