import { createHmac } from "node:crypto";
import * as t from "io-ts";
import type { Event, Payloads, Recorded } from "../../core/index.js";

/** Takes what is private out of an event that goes into a journal; the rest stays, in its order and shape. */
export type Redact = (event: Event) => Recorded;

const secretMember =
  /pass|pwd|secret|token|credential|ufrag|usernameFragment|fingerprint|authorization|api[-_]?key|cookie/i;
/** Lines of an SDP that say how two peers will talk, and nothing about who and where they are. All others are dropped. */
const plainLine =
  /^(?:[vst]=|m=|b=|a=(?:group|mid|setup|sendrecv|sendonly|recvonly|inactive|rtpmap|rtcp-fb|rtcp-mux|rtcp-rsize|sctp-port|max-message-size|ice-options|ice-lite|end-of-candidates|msid-semantic|extmap-allow-mixed|bundle-only)\b)/;
const ipv4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g;
const ipv6 = /(?<![\da-f:])(?:[\da-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{0,4})/gi;
// It may only begin where a name begins: tried from within one, a long name would cost the square of its length.
const localName = /(?<![\w-])[\w-]+(?:\.local\b[\w-]*)+/gi;
const fingerprint = /(?:[\da-f]{2}:){8,}[\da-f]{2}/gi;

/**
 * `redacted`: secrets are dropped, and addresses mapped by a keyed hash into 192.0.2.0/24 and 2001:db8::/32 (RFC 5737, RFC 3849), so
 * that the same address is the same throughout one run and says nothing outside it.
 *
 * @param key random, and kept nowhere
 */
export const redactor = (payloads: Payloads, key: Buffer): Redact => {
  if (payloads === "full") return (event) => event;
  const addressOf = mapper(key);
  const text = (frame: string): string => (payloads === "none" ? "" : frameOf(frame, addressOf));
  const withoutText = <E extends Event>(event: E): E => {
    if (!("text" in event)) return event;
    const redacted = { ...event, text: text(event.text), bytes: Buffer.byteLength(event.text) };
    return isCounted(event) ? { ...redacted, chars: event.text.length } : redacted;
  };
  return (event) => {
    if (event.kind === "ClientConnected") return { ...event, address: addressOf(event.address) };
    if (event.kind === "Forwarded") return { ...event, request: withoutText(event.request) };
    if (event.kind !== "Appended" || event.entry.kind !== "Request") return withoutText(event);
    return { ...event, entry: { ...event.entry, request: withoutText(event.entry.request) } };
  };
};

/** What the server does with it depends on the length of its text. */
const isCounted = (event: Event): boolean =>
  event.kind === "SignalRequested" ||
  event.kind === "MessageRequested" ||
  (event.kind === "PublishRequested" && event.signal !== undefined);

type AddressOf = (address: string) => string;

/** Whoever sends ever new addresses, or long ones, fills no memory with them. */
const remembered = { addressesMax: 10_000, charsMax: 64 };

const mapper = (key: Buffer): AddressOf => {
  const known = new Map<string, string>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined) return before;
    const mapped = mappedBy(key, address);
    if (known.size === remembered.addressesMax) known.clear();
    // A copy: what a pattern found is a slice, and would keep all of the text alive that it was found in.
    if (address.length <= remembered.charsMax) known.set(Buffer.from(address).toString(), mapped);
    return mapped;
  };
};

const mappedBy = (key: Buffer, address: string): string => {
  if (address === "0.0.0.0" || address === "::") return address;
  const bytes = createHmac("sha256", key).update(address.toLowerCase()).digest();
  if (/\.local$/i.test(address)) return `${bytes.toString("hex", 0, 6)}.invalid`;
  if (!address.includes(":")) return `192.0.2.${1 + ((bytes[0] ?? 0) % 254)}`;
  return `2001:db8:${(bytes.toString("hex", 0, 12).match(/.{4}/g) ?? []).join(":")}`;
};

/** What is not JSON may be anything, and is dropped whole. */
const frameOf = (frame: string, addressOf: AddressOf): string => {
  try {
    return JSON.stringify(redactedValue(JSON.parse(frame), addressOf));
  } catch {
    return "";
  }
};

/** What was parsed is nobody else's: its members are replaced where they are. */
const redactedValue = (value: unknown, addressOf: AddressOf): unknown => {
  if (typeof value === "string") return textOf(value, addressOf);
  if (Array.isArray(value)) return value.map((element) => redactedValue(element, addressOf));
  if (!t.UnknownRecord.is(value)) return value;
  for (const key of Object.keys(value)) {
    if (secretMember.test(key)) value[key] = "";
    // A name that is private itself cannot be said otherwise: its member goes.
    else if (scrubbed(key, addressOf) !== key) delete value[key];
    else value[key] = redactedValue(value[key], addressOf);
  }
  return value;
};

const textOf = (text: string, addressOf: AddressOf): string => {
  if (!/[:.=]/.test(text)) return text;
  if (/^\s*[[{]/.test(text)) return frameOf(text, addressOf);
  if (/^(?:a=)?candidate:/.test(text)) return candidateOf(text, addressOf);
  if (/^[av]=|[\r\n][a-z]=/.test(text)) return sdpOf(text, addressOf);
  return scrubbed(text, addressOf);
};

const sdpOf = (sdp: string, addressOf: AddressOf): string =>
  sdp
    .split(/\r\n|\r|\n/)
    .flatMap((line) => {
      if (/^a=candidate:/.test(line)) return [candidateOf(line, addressOf)];
      if (/^[oc]=/.test(line)) return [connectionOf(line, addressOf)];
      return plainLine.test(line) ? [scrubbed(line, addressOf)] : [];
    })
    .map((line) => `${line}\r\n`)
    .join("");

/** `o=- 46117 2 IN IP4 198.51.100.7` and `c=IN IP4 198.51.100.7`: name and session are dropped, the version stays. */
const connectionOf = (line: string, addressOf: AddressOf): string => {
  const words = line.slice(2).split(" ");
  const address = addressOf(words.at(-1) ?? "");
  const family = address.includes(":") ? "IP6" : "IP4";
  return line.startsWith("o=")
    ? `o=- 0 ${words[2]?.replace(/\D/g, "") ?? "0"} IN ${family} ${address}`
    : `c=IN ${family} ${address}`;
};

/** RFC 8839, 5.1: the foundation is made from the address, and extensions hold the ufrag; neither stays. */
const candidateOf = (candidate: string, addressOf: AddressOf): string => {
  const grammar =
    /^(a=)?candidate:\S+ (\d+) (udp|tcp) (\d+) (\S+) (\d+) typ (host|srflx|prflx|relay)(?: raddr (\S+) rport (\d+))?/i;
  const found = grammar.exec(candidate);
  if (found === null) return "";
  const [, prefix = "", component, transport, priority, address = "", port, type, related, relatedPort] = found;
  const base = related === undefined ? "" : ` raddr ${addressOf(related)} rport ${relatedPort}`;
  return `${prefix}candidate:0 ${component} ${transport} ${priority} ${addressOf(address)} ${port} typ ${type}${base}`;
};

/** What no pattern can be in is not searched: most texts are plain words. */
const scrubbed = (text: string, addressOf: AddressOf): string => {
  if (!text.includes(":") && !text.includes(".")) return text;
  return text.replace(fingerprint, "").replace(localName, addressOf).replace(ipv6, addressOf).replace(ipv4, addressOf);
};
