import fc from "fast-check";
import type { ClientId, Event, Recorded, UserId } from "../../core/index.js";
import { anyMixedRun, anyTalkingAct } from "../support/v1-world.js";
import { anyRun } from "../support/world.js";

/** Only what a server can record: a socket's number is given once, and a socket says nothing before it connects and after it ends. */
const recordable = (run: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const open = new Map<ClientId, boolean>();
  return run.filter((event) => {
    if (!("client" in event)) return true;
    const isOpen = open.get(event.client);
    if (event.kind === "ClientConnected" && isOpen === undefined) open.set(event.client, true);
    if (event.kind === "ClientDisconnected") open.set(event.client, false);
    return event.kind === "ClientConnected" ? isOpen === undefined : isOpen === true;
  });
};

/** Runs of the seed's protocol with signals for the ids of users, for their names, and for nobody who is there. */
export const anySeedRecording: fc.Arbitrary<ReadonlyArray<Recorded>> = fc
  .tuple(anyRun(), fc.infiniteStream(fc.constantFrom("ann", "bob", "Ann", "Bob", "zoe")))
  .map(([run, addresses]) => {
    const readdressed = (event: Event): Event => {
      if (event.kind !== "PublishRequested" || event.to === undefined) return event;
      return { ...event, to: addresses.next().value as UserId };
    };
    return recordable(run).map(readdressed) as ReadonlyArray<Recorded>;
  });

const candidate = "candidate:1 1 udp 1 203.0.113.9 1 typ host";
const [offers, answers, candidates] = [
  { type: "webrtc-offer", kind: "offer" },
  { type: "webrtc-answer", kind: "answer" },
  { type: "webrtc-ice", kind: "candidate" },
] as const;
const anySaid = fc.record({
  message: fc.constantFrom(offers, offers, answers, answers, candidates, { type: "chat", kind: undefined }),
  to: fc.constantFrom("~a", "~b", "eve", "dan", "Ann", undefined),
  /** Whether it crosses over to the other protocol. */
  isSignal: fc.boolean(),
  negotiation: fc.nat(2),
  hasCandidate: fc.boolean(),
});
type Said = typeof anySaid extends fc.Arbitrary<infer S> ? S : never;

const signaling = "webrtc-signaling";

const saidAs = (event: Event, { message, to, isSignal, negotiation, hasCandidate }: Said): Event => {
  if (event.kind === "SignalRequested") return hasCandidate ? { ...event, text: JSON.stringify(candidate) } : event;
  if (event.kind === "SubscribeRequested" && event.channel === signaling) return { ...event, hasSignals: true };
  if (event.kind !== "PublishRequested") return event;
  const { to: _, ...rest } = event;
  const crossing = { channel: signaling, signal: { kind: message.kind, negotiation } };
  return {
    ...rest,
    type: message.type,
    text: hasCandidate ? candidate : rest.text,
    ...(to === undefined ? {} : { to }),
    ...(isSignal && message.kind !== undefined ? crossing : {}),
  } as Event;
};

/** Runs in which clients of both protocols call each other, those of the seed's also by name, nobody by name, and nobody who is there. */
export const anyMixedRecording: fc.Arbitrary<ReadonlyArray<Recorded>> = fc
  .tuple(fc.oneof(anyMixedRun(), anyMixedRun(undefined, anyTalkingAct)), fc.infiniteStream(anySaid))
  .map(([run, said]) => recordable(run).map((event) => saidAs(event, said.next().value)) as ReadonlyArray<Recorded>);
