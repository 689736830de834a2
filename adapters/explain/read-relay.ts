import {
  type ClientId,
  channelNameOf,
  type Effect,
  type Moment,
  type Recorded,
  recipients,
  seed,
} from "../../core/index.js";
import type { Candidate, Position, Relay } from "./recording.js";
import type { SignalKind } from "./signal-kind.js";

/** A message for others, as it stands in a recording. */
export type Published = Extract<Recorded, { readonly kind: "PublishRequested" }>;
/** A signal to a participant of a room, as it stands in a recording. */
export type Signalled = Extract<Recorded, { readonly kind: "SignalRequested" }>;

interface Delivery {
  readonly position: Position;
  readonly signalKindOf: (type: string) => SignalKind | undefined;
}

/** The relay that an accepted message became; undefined where it was not relayed. */
export const relayOf = (
  published: Published,
  { after, effects }: Moment<Recorded>,
  { position: { event, at }, signalKindOf: readKind }: Delivery,
): Relay | undefined => {
  const relay = effects.find((effect) => effect.kind === "Send" && effect.message.kind === "Relay");
  if (relay?.kind !== "Send") return undefined;
  const { client, channel, type, from, to, text } = published;
  const signalKind = readKind(type);
  const candidates = signalKind === undefined ? [] : candidatesIn(text);
  return {
    kind: "relay",
    event,
    at,
    client,
    channel: channelNameOf(channel),
    room: roomIn(effects),
    type,
    signalKind,
    from,
    to,
    noReplyOf: [],
    receivers: [...recipients(after, relay.to), ...signalled(effects)],
    isKept: false,
    sentAgain: undefined,
    polite: politeIn(effects),
    candidates,
    hasCandidates: candidates.length > 0,
    hasText: text !== "",
    negotiation: signalKind === "offer" || signalKind === "answer" ? memberOf(text, "negotiation") : undefined,
  };
};

/** The relay that an accepted signal became. `from` is who sent it. */
export const signalRelayOf = (
  { client, roomId, to, signal, negotiation, text }: Signalled,
  { effects }: Pick<Moment, "effects">,
  { position: { event, at }, from }: { readonly position: Position; readonly from: string | undefined },
): Relay => {
  const candidates = candidatesIn(text);
  return {
    kind: "relay",
    event,
    at,
    client,
    channel: roomId,
    room: roomId,
    type: signal,
    signalKind: signal,
    from,
    to,
    noReplyOf: silentIn(effects),
    receivers: signalled(effects),
    isKept: wasKept(effects),
    sentAgain: undefined,
    polite: politeIn(effects),
    candidates,
    hasCandidates: candidates.length > 0,
    hasText: text !== "" || signal === "end",
    negotiation: String(negotiation),
  };
};

/** The clients that a signal for a participant of a room, or what another node has passed on, was sent to. */
export const signalled = (effects: ReadonlyArray<Effect>): ReadonlyArray<ClientId> =>
  effects.flatMap((effect) => {
    if (effect.kind !== "Send" || effect.to.kind !== "Client") return [];
    const { message } = effect;
    const isSignal =
      message.kind === "SignalRelay" ||
      message.kind === "Relay" ||
      (message.kind === "Personal" && message.about.kind === "Signal");
    return isSignal ? [effect.to.client] : [];
  });

/** Where the sender was told that nobody knows what became of it: the nodes that it was passed on to. */
const silentIn = (effects: ReadonlyArray<Effect>): ReadonlyArray<string> => {
  const isUnknown = effects.some(
    (effect) =>
      effect.kind === "Send" &&
      effect.message.kind === "Personal" &&
      effect.message.about.kind === "Refused" &&
      effect.message.about.refusal.code === "unavailable",
  );
  if (!isUnknown) return [];
  return effects.flatMap((effect) => (effect.kind === "Forward" && effect.to !== "subscribers" ? effect.to : []));
};

/** The room that a signal crossed over to the other dialect in. */
const roomIn = (effects: ReadonlyArray<Effect>): string | undefined => {
  for (const effect of effects)
    if (effect.kind === "Send" && effect.message.kind === "Personal" && effect.message.about.kind === "Signal")
      return effect.message.about.room;
  return undefined;
};

/** Whether the sender was told that its message is kept. */
export const wasKept = (effects: ReadonlyArray<Effect>): boolean =>
  effects.some(
    (effect) =>
      effect.kind === "Send" &&
      effect.message.kind === "Personal" &&
      effect.message.about.kind === "Result" &&
      effect.message.about.outcome === "kept",
  );

const politeIn = (effects: ReadonlyArray<Effect>): string | undefined => {
  for (const effect of effects)
    if (effect.kind === "Send" && effect.message.kind === "Personal" && effect.message.about.kind === "Crossing")
      return effect.message.about.polite;
  return undefined;
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
  // Most texts have none, and reading them takes time.
  if (!text.includes(member)) return undefined;
  const body = seed.body(text);
  const value = typeof body === "object" && body !== null ? Reflect.get(body, member) : undefined;
  return typeof value === "string" ? value : undefined;
};
