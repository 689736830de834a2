import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { redactor } from "../../adapters/journal/redact.js";
import type { Event } from "../../core/index.js";

const redact = redactor("redacted", randomBytes(32));
const published = (text: string): Event =>
  ({ kind: "PublishRequested", at: 1, client: 1, channel: "c", type: "webrtc-offer", text }) as never;

/** A signal to a participant of a room: its text is what it carries, and nothing around it. */
const signalled = (text: string): Event =>
  ({ kind: "SignalRequested", at: 1, client: 1, roomId: "r", to: "b", signal: "offer", negotiation: 1, text }) as never;

const hex = (n: number) => fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: n, maxLength: n });
const token = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789+/"),
  minLength: 8,
  maxLength: 24,
});
const ipv4 = fc
  .tuple(fc.integer({ min: 1, max: 191 }), fc.nat(255), fc.nat(255), fc.integer({ min: 1, max: 254 }))
  .map((parts) => parts.join("."));
const ipv6 = fc.oneof(
  fc.array(hex(4), { minLength: 8, maxLength: 8 }).map((parts) => `2a02:${parts.slice(1).join(":")}`),
  fc.tuple(hex(4), hex(4)).map(([a, b]) => `fe80::${a}:${b}`),
);
const mdns = fc.uuid().map((id) => `${id}.local`);
const anyAddress = fc.oneof(ipv4, ipv6, mdns);

const anySecrets: fc.Arbitrary<Secrets> = fc.record({
  host: anyAddress,
  base: anyAddress,
  origin: fc.oneof(ipv4, ipv6),
  ufrag: token,
  pwd: token,
  print: fc.array(hex(2), { minLength: 32, maxLength: 32 }),
  cname: token,
});

interface Secrets {
  readonly host: string;
  readonly base: string;
  readonly origin: string;
  readonly ufrag: string;
  readonly pwd: string;
  readonly print: ReadonlyArray<string>;
  readonly cname: string;
}

/** An SDP as browsers write them, full of what must not be kept. */
const sdpOf = (s: Secrets): string =>
  [
    "v=0",
    `o=- 6471141970762123930 2 IN IP4 ${s.origin}`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    `c=IN IP4 ${s.origin}`,
    `a=candidate:1056352214 1 udp 2113937151 ${s.host} 49188 typ srflx raddr ${s.base} rport 9 generation 0 ufrag ${s.ufrag} network-cost 999`,
    `a=ice-ufrag:${s.ufrag}`,
    `a=ice-pwd:${s.pwd}`,
    `a=fingerprint:sha-256 ${s.print.join(":").toUpperCase()}`,
    "a=setup:actpass",
    "a=mid:0",
    `a=ssrc:1 cname:${s.cname}`,
    "a=max-message-size:262144",
    "",
  ].join("\r\n");

test("law: no address, secret or .local name of an SDP or a candidate is anywhere in what is written down", () => {
  fc.assert(
    fc.property(anySecrets, fc.boolean(), (secrets, isNested) => {
      const sdp = sdpOf(secrets);
      const candidate = {
        candidate: `candidate:1 1 udp 2113937151 ${secrets.host} 49188 typ host ufrag ${secrets.ufrag}`,
        usernameFragment: secrets.ufrag,
      };
      const note = `at ${secrets.host}, fingerprint ${secrets.print.join(":")}`;
      const body = { offer: { type: "offer", sdp }, candidate, note, token: secrets.pwd };
      const written = JSON.stringify(
        redact(
          published(JSON.stringify({ type: "webrtc-offer", channel: "c", ...(isNested ? { data: body } : body) })),
        ),
      );
      const secretsOf = [
        secrets.host,
        secrets.base,
        secrets.origin,
        secrets.ufrag,
        secrets.pwd,
        secrets.cname,
        secrets.print.join(":"),
      ];
      const signals = [{ type: "offer", sdp }, candidate, sdp, [candidate.candidate]].map((data) =>
        JSON.stringify(redact(signalled(JSON.stringify(data)))),
      );
      for (const secret of secretsOf)
        for (const signal of signals) expect(signal.toLowerCase()).not.toContain(secret.toLowerCase());
      expect(signals[0]).toContain("webrtc-datachannel");
      expect(signals[1]).toContain("typ host");
      for (const secret of secretsOf) expect(written.toLowerCase()).not.toContain(secret.toLowerCase());
      expect(written).not.toContain(".local");
      expect(written).toContain("webrtc-datachannel");
    }),
    { numRuns: 500 },
  );
});

test("addresses are mapped the same way throughout a run, and another in another", () => {
  const connected = (address: string): Event => ({ kind: "ClientConnected", at: 1, client: 1, address }) as never;
  const written = (address: string, by = redact): unknown => JSON.parse(JSON.stringify(by(connected(address)))).address;
  expect(written("198.51.100.7")).toBe(written("198.51.100.7"));
  expect(written("198.51.100.7")).toMatch(/^192\.0\.2\.\d+$/);
  expect(written("2a02::1")).toMatch(/^2001:db8:/);
  const elsewhere = redactor("redacted", randomBytes(32));
  expect(written("2a02::1", elsewhere)).not.toBe(written("2a02::1"));
});

test("whoever sends ever new addresses, long ones or in long texts, fills no memory with them", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const heap = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const pad = `\u0100${"x".repeat(10_000)}`;
  const send = (text: string): void => void redact(published(JSON.stringify({ type: "x", channel: "c", data: text })));
  send(pad);
  const before = heap();
  for (let n = 0; n < 1_000; n++) send(`${pad} 2a02:1234:5678:9abc::${n.toString(16)}`);
  expect(heap() - before).toBeLessThan(5_000_000);
  for (let n = 0; n < 500; n++) send(`${"y".repeat(20_000)}-${n}.local`);
  expect(heap() - before).toBeLessThan(5_000_000);
  for (let n = 0; n < 60_000; n++)
    redact({ kind: "ClientConnected", at: 1, client: 1, address: `2a03::${n}` } as never);
  expect(heap() - before).toBeLessThan(5_000_000);
});

test("type, channel, from, to and size stay, and so does the kind of a candidate", () => {
  const text = JSON.stringify({
    type: "webrtc-ice",
    channel: "c",
    data: {
      fromUserId: "a",
      toUserId: "b",
      candidate: { candidate: "candidate:7 1 udp 99 198.51.100.7 5 typ srflx raddr 10.0.0.1 rport 6" },
    },
  });
  const written = redact({ ...published(text), from: "a", to: "b" } as never);
  expect(written).toMatchObject({
    channel: "c",
    type: "webrtc-offer",
    from: "a",
    to: "b",
    bytes: Buffer.byteLength(text),
  });
  expect(JSON.stringify(written)).toMatch(
    /candidate:0 1 udp 99 192\.0\.2\.\d+ 5 typ srflx raddr 192\.0\.2\.\d+ rport 6/,
  );
});

test.each([
  ["one long word", "x".repeat(60_000)],
  ["one long word with a colon and a dot", `${"x".repeat(60_000)}:.`],
  ["hyphens", `${"-".repeat(60_000)}.`],
  ["digits and dots", "1.".repeat(30_000)],
  ["colons", `${":".repeat(60_000)}x`],
  ["a fingerprint without end", `${"ab:".repeat(20_000)}x`],
  ["spaces in a candidate", `candidate:${" ".repeat(60_000)}`],
  ["a candidate of one word", `candidate:${"1".repeat(60_000)}`],
  ["empty lines of an SDP", `v=0${"\r\n".repeat(30_000)}`],
])("the largest frame costs no more than its length: %s", (_, text) => {
  const frame = JSON.stringify({ type: "x", channel: "c", data: text });
  const began = performance.now();
  redact(published(frame) as never);
  // What costs the square of the length takes several seconds here.
  expect(performance.now() - began).toBeLessThan(500);
});

test.each([
  ["a name that goes on after another", "a.local-b1234567-aaaa.local", "b1234567"],
  ["an address at the end of a sentence", "my address is 203.0.113.9.", "203.0.113.9"],
  ["an address after a letter", "v203.0.113.9", "203.0.113.9"],
  ["an address after a word and a colon", "host:2001:db9:1::9", "db9:1::9"],
  ["an address before a letter", "2001:db9::1x", "db9::1"],
  ["a secret that is a list", { password: ["hunter2"] }, "hunter2"],
  ["a secret that is a number", { token: 123_456 }, "123456"],
  ["a secret that is an object", { credential: { v: "hunter2" } }, "hunter2"],
  ["JSON within JSON", JSON.stringify({ sdp: "v=0\r\na=ice-pwd:hunter2\r\n" }), "hunter2"],
  ["one line of an SDP", "a=ice-pwd:hunter2", "hunter2"],
  ["an address for a name", { "203.0.113.9": 1 }, "203.0.113.9"],
  ["a secret of a prototype", JSON.parse('{"__proto__":{"token":"hunter2","note":"203.0.113.9"}}'), "hunter2"],
  ["an address of a prototype", JSON.parse('{"__proto__":{"note":"at 203.0.113.9"}}'), "203.0.113.9"],
  ["JSON within JSON, a list", '["a=ice-pwd:hunter2"]', "hunter2"],
  ["JSON within JSON, of one member", '{"token":"hunter2"}', "hunter2"],
  ["a line of an SDP without a colon", "a=hunter2", "hunter2"],
  ["an address in lists of lists", [[["203.0.113.9"]]], "203.0.113.9"],
])("%s does not slip through", (_, data, secret) => {
  const frame = JSON.stringify({ type: "x", channel: "c", data });
  expect(JSON.stringify(redact(published(frame) as never))).not.toContain(secret);
});
