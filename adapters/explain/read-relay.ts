import { type ClientId, channelNameOf, type Recorded, seed } from "../../core/index.js";
import type { Candidate, Position, Relay } from "./recording.js";
import type { SignalKind } from "./signal-kind.js";

/** A message for others, as it stands in a recording. */
export type Published = Extract<Recorded, { readonly kind: "PublishRequested" }>;

interface Delivery {
  readonly position: Position;
  readonly receivers: ReadonlyArray<ClientId>;
  readonly signalKindOf: (type: string) => SignalKind | undefined;
}

/** The relay that a published message became. */
export const relayOf = (published: Published, { position, receivers, signalKindOf: readKind }: Delivery): Relay => {
  const { client, channel, type, from, to, text } = published;
  const signalKind = readKind(type);
  return {
    kind: "relay",
    event: position.event,
    at: position.at,
    client,
    channel: channelNameOf(channel),
    type,
    signalKind,
    from,
    to,
    receivers,
    candidates: signalKind === undefined ? [] : candidatesIn(text),
    hasText: text !== "",
    negotiation: signalKind === "offer" || signalKind === "answer" ? memberOf(text, "negotiation") : undefined,
  };
};

const candidateLine = /candidate:\S+ \d+ (udp|tcp) \d+ ([\w.:-]+) \d+ typ (host|srflx|prflx|relay)\b/gi;

const candidatesIn = (text: string): ReadonlyArray<Candidate> =>
  [...text.matchAll(candidateLine)].map(([, transport = "", address = "", type = ""]) => ({
    type: type.toLowerCase(),
    transport: transport.toLowerCase(),
    address: address.toLowerCase(),
  }));

/** A string member of the message's body; undefined where there is none, or the text was not recorded. */
export const memberOf = (text: string, member: string): string | undefined => {
  if (text === "") return undefined;
  const body = seed.body(text);
  const value = typeof body === "object" && body !== null ? Reflect.get(body, member) : undefined;
  return typeof value === "string" ? value : undefined;
};
