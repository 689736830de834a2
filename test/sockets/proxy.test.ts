import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { Line } from "../../adapters/observe/log.js";
import { originBehind, type TrustedProxies, trustedProxies } from "../../adapters/sockets/proxy.js";
import { loggedServer } from "../support/logged.js";
import { type Received, until } from "../support/net.js";

const requestFrom = (remoteAddress: string | undefined, headers: object): IncomingMessage =>
  ({ socket: { remoteAddress } as Socket, headers }) as IncomingMessage;

const addressBehind = (proxies: TrustedProxies, from: string | undefined, forwardedFor?: string): string =>
  originBehind(proxies).addressOf(
    requestFrom(from, forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }),
  );

describe("the address of a client", () => {
  test.each<[string, TrustedProxies, string, string | undefined, string]>([
    ["nobody is trusted", undefined, "192.0.2.7", "203.0.113.1", "192.0.2.7"],
    ["one proxy, which says nothing", 1, "192.0.2.7", undefined, "192.0.2.7"],
    ["one proxy", 1, "192.0.2.7", "203.0.113.1", "203.0.113.1"],
    ["one proxy, and a client that pretends", 1, "192.0.2.7", "198.51.100.9, 203.0.113.1", "203.0.113.1"],
    ["two proxies", 2, "192.0.2.7", "203.0.113.1, 192.0.2.8", "203.0.113.1"],
    ["no proxies, by number", 0, "192.0.2.7", "203.0.113.1", "192.0.2.7"],
    ["by address", ["192.0.2.7"], "192.0.2.7", "203.0.113.1", "203.0.113.1"],
    ["by network", ["10.0.0.0/8"], "10.1.2.3", "198.51.100.9, 203.0.113.1, 10.9.9.9", "203.0.113.1"],
    ["by name", ["loopback"], "::1", "2001:db8::1", "2001:db8::1"],
    ["of somebody else", ["192.0.2.8"], "192.0.2.7", "203.0.113.1", "192.0.2.7"],
    ["an IPv4 address as IPv6 writes it", ["127.0.0.1"], "::ffff:127.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"],
    ["no address", 1, "192.0.2.7", "unknown", "192.0.2.7"],
    ["an address with a port", 1, "192.0.2.7", "203.0.113.1:4711", "192.0.2.7"],
  ])("%s", (_, proxies, from, forwardedFor, address) => {
    expect(addressBehind(proxies, from, forwardedFor)).toBe(address);
  });

  test("a connection that is gone has none", () => {
    expect(addressBehind(1, undefined, "203.0.113.1")).toBe("unknown");
    expect(originBehind(1).isSecure(requestFrom(undefined, { "x-forwarded-proto": "https" }))).toBe(false);
  });

  test("law: whatever the header says, without trust it is the socket's, and with trust an address", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const header = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(address, fc.string())).map((all) => all.join(", ")),
    );
    fc.assert(
      fc.property(fc.ipV4(), header, fc.nat(5), (from, forwardedFor, hops) => {
        expect(addressBehind(undefined, from, forwardedFor)).toBe(from);
        expect(addressBehind(["192.0.2.1"], from === "192.0.2.1" ? "192.0.2.2" : from, forwardedFor)).not.toBe(
          "192.0.2.1",
        );
        expect(addressBehind(hops, from, forwardedFor)).toMatch(/^[\da-f:.]+(?:%\w+)?$/i);
      }),
    );
  });
});

test.each<[TrustedProxies, string | undefined, boolean]>([
  [undefined, "https", false],
  [1, "https", true],
  [1, "HTTPS, http", true],
  [1, "http", false],
  [1, "httpsx", false],
  [1, undefined, false],
  [["127.0.0.0/8"], "https", true],
  [["192.0.2.1"], "https", false],
])("with trust in %j, a proxy that says %s means TLS: %s", (proxies, proto, isSecure) => {
  const request = requestFrom("127.0.0.1", proto === undefined ? {} : { "x-forwarded-proto": proto });
  expect(originBehind(proxies).isSecure(request)).toBe(isSecure);
});

test("who is not trusted and says where its requests come from is told of, once", () => {
  const told: string[] = [];
  const origin = originBehind(["192.0.2.8"], (address) => told.push(address));
  origin.addressOf(requestFrom("192.0.2.7", {}));
  origin.addressOf(requestFrom("192.0.2.8", { "x-forwarded-for": "203.0.113.1" }));
  expect(told).toEqual([]);
  origin.isSecure(requestFrom("192.0.2.7", { "x-forwarded-proto": "https" }));
  origin.addressOf(requestFrom("192.0.2.9", { "x-forwarded-for": "203.0.113.1" }));
  expect(told).toEqual(["192.0.2.7"]);
});

test("TRUST_PROXY is a number or a list of addresses and networks", () => {
  expect(trustedProxies("2")).toBe(2);
  expect(trustedProxies("127.0.0.1, 10.0.0.0/8,::1, loopback")).toEqual(["127.0.0.1", "10.0.0.0/8", "::1", "loopback"]);
  for (const text of ["-1", "100", "1.5", "everybody", "10.0.0.0/33", "127.0.0.1,", "true", "constructor"])
    expect(trustedProxies(text), text).toBeUndefined();
});

const forwarded = { "x-forwarded-for": "203.0.113.1", "x-forwarded-proto": "https" };

test.each([
  [{}, "127.0.0.1", "ws"],
  [{ TRUST_PROXY: "1" }, "203.0.113.1", "wss"],
  [{ TRUST_PROXY: "loopback" }, "203.0.113.1", "wss"],
  [{ TRUST_PROXY: "192.0.2.1" }, "127.0.0.1", "ws"],
])("with %j a request from here that was forwarded is from %s, by %s", async (env, address, scheme) => {
  const { port, lines } = await loggedServer({ ALLOWED_ORIGINS: "https://meet.example.org", ...env });
  const answer = await fetch(`http://127.0.0.1:${port}/api/config`, { headers: forwarded });
  const config: Received = await answer.json();
  expect(config.WEBSOCKET_URL).toBe(`${scheme}://127.0.0.1:${port}/ws`);

  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: forwarded });
  onTestFinished(() => ws.terminate());
  const bad = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: forwarded, origin: "https://elsewhere.example" });
  bad.on("error", () => {});
  const about = (isMeant: (line: Line) => boolean): string => JSON.stringify(lines.find(isMeant) ?? "");
  const turnedAway = () => about(({ text }) => text.includes("403"));
  const connected = () => about(({ members }) => members.client === 1);
  await until(() => turnedAway() !== '""' && connected() !== '""');
  expect([turnedAway(), connected()].map((line) => line.includes(address))).toEqual([true, true]);
  expect(lines.filter(({ event }) => event === "setting-advice")).toHaveLength(scheme === "ws" ? 1 : 0);
});

test("a proxy that sends nonsense ends nothing", async () => {
  const { port } = await loggedServer({ TRUST_PROXY: "3" });
  const socket = connect(port, "127.0.0.1");
  const answer = await new Promise<string>((resolve) => {
    socket.on("data", (data) => resolve(String(data)));
    socket.write(
      "GET /api/config HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: , ,,\u00ff x\r\nX-Forwarded-Proto: ,\r\nConnection: close\r\n\r\n",
    );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
});
