import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as t from "io-ts";
import { highestLevel } from "../base/level.js";
import type * as Event from "../event.js";
import { signalKinds } from "../message.js";
import { entry, requests, writtenShared } from "./entry.js";
import {
  at,
  byKind,
  channel,
  client,
  count,
  dialect,
  frame,
  framed,
  greeting,
  keysOf,
  node,
  numbers,
  order,
  refusal,
  session,
  settings,
  token,
  userId,
  withText,
} from "./fields.js";
import { upcast } from "./upcast.js";
import { journalVersion, settingsVersion } from "./versions.js";

/** What of a frame's text is kept: all of it, what is left without secrets and addresses, or nothing. */
export type Payloads = "full" | "redacted" | "none";

/** When a silent socket is asked for a sign of life, and when it is cut off: ms since anything was heard from it. */
export interface Timings {
  readonly pingAfterMs: number;
  readonly cutAfterMs: number;
}

/** The first line of every journal file. */
export interface Header {
  readonly journal: "signalbox";
  readonly version: typeof journalVersion;
  readonly digestVersion: number;
  readonly settingsVersion: typeof settingsVersion;
  /** The version of the package that wrote it. */
  readonly package: string;
  /** ISO 8601, by the wall clock. */
  readonly startedAt: string;
  readonly payloads: Payloads;
  readonly timings: Timings;
  /** The files of a run count from 1. */
  readonly part: number;
  /** How many of the run's events stand in the files before this one. */
  readonly eventsBefore: number;
}

/** What the state and the effects were after so many events of the run: hex digests, made by the adapters. */
export interface Digest {
  readonly digest: {
    readonly events: number;
    readonly state: string;
    /** Of all effects since the digest before this one. */
    readonly effects: string;
  };
}

/** An event as it stands in a journal: the event, and beside a text that was redacted the bytes that it had. */
export type Recorded = Event.Event & { readonly bytes?: number };

export type Line = Header | Digest | Recorded;

/** What is passed on to other nodes too. */
const forwardable: {
  readonly [K in Event.Forwarded["request"]["kind"]]: t.Type<Extract<Recorded, { kind: K }>, unknown, unknown>;
} = {
  PublishRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("PublishRequested"), at, client, channel, type: t.string, text: t.string }),
      t.partial({
        from: userId,
        to: userId,
        signal: t.strict({ kind: keysOf(signalKinds), negotiation: count }),
        ...framed,
      }),
    ]),
  ),
  SignalRequested: withText({
    kind: t.literal("SignalRequested"),
    ...order,
    to: userId,
    signal: keysOf(signalKinds),
    negotiation: count,
  }),
  MessageRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("MessageRequested"), ...order, text: t.string }),
      t.partial({ to: userId, ...framed }),
    ]),
  ),
};

const sender: t.Type<Event.Sender, unknown, unknown> = t.exact(
  t.intersection([t.type({ session, generation: count, dialect }), t.partial({ user: userId })]),
);

/** One codec for each kind of event: that none is missing, and none too many, the compiler sees. */
const events: { readonly [K in Event.Event["kind"]]: t.Type<Extract<Recorded, { kind: K }>, unknown, unknown> } = {
  ServerStarted: t.exact(
    t.intersection([
      t.type({ kind: t.literal("ServerStarted"), at, settings }),
      t.partial({ level: count, node, restored: writtenShared, cluster: t.strict({ digest: count }) }),
    ]),
  ),
  ServerStopping: t.strict({ kind: t.literal("ServerStopping"), at }),
  ClockTicked: t.strict({ kind: t.literal("ClockTicked"), at }),
  Appended: t.strict({ kind: t.literal("Appended"), at, seq: count, node, entry }),
  LogFailed: t.strict({ kind: t.literal("LogFailed"), at }),
  LogLost: t.strict({ kind: t.literal("LogLost"), at }),
  LogRecovered: t.exact(t.intersection([t.type({ kind: t.literal("LogRecovered"), at }), t.partial({ node })])),
  Forwarded: t.exact(
    t.intersection([
      t.type({
        kind: t.literal("Forwarded"),
        at,
        from: node,
        about: keysOf(["subscribers", "sessions"]),
        by: sender,
        request: byKind<Event.Forwarded["request"]>(forwardable),
      }),
      t.partial({ asked: count }),
    ]),
  ),
  Replied: t.strict({
    kind: t.literal("Replied"),
    at,
    asked: count,
    answer: t.union([t.strict({ outcome: keysOf(["delivered", "kept"]) }), t.strict({ refusal })]),
  }),
  ...requests,
  ...forwardable,
  ClientConnected: t.exact(
    t.intersection([
      t.type({
        kind: t.literal("ClientConnected"),
        at,
        client,
        session,
        dialect,
        address: t.string,
      }),
      t.partial({ verified: userId, token, greeting }),
    ]),
  ),
  ClientDisconnected: t.strict({ kind: t.literal("ClientDisconnected"), at, client, code: count }),
  SubscribeRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("SubscribeRequested"), at, client, channel }),
      t.partial({ hasSignals: t.literal(true), ...numbers }),
    ]),
  ),
  UnsubscribeRequested: frame({ kind: t.literal("UnsubscribeRequested"), at, client, channel }),
  PingReceived: frame({ kind: t.literal("PingReceived"), at, client }),
  TextReceived: withText({ kind: t.literal("TextReceived"), at, client }),
  RoomListRequested: frame({ kind: t.literal("RoomListRequested"), at, client }),
  RosterRequested: frame({ kind: t.literal("RosterRequested"), ...order }),
  DirectoryRequested: frame({ kind: t.literal("DirectoryRequested"), at, client, isWatching: t.boolean }),
  IceServersRequested: frame({ kind: t.literal("IceServersRequested"), at, client }),
  AckReceived: frame({ kind: t.literal("AckReceived"), at, client }),
  TokenRenewed: frame({ kind: t.literal("TokenRenewed"), at, client, user: userId, token }),
  ByeReceived: frame({ kind: t.literal("ByeReceived"), at, client }),
  FrameRefused: t.exact(
    t.intersection([
      t.type({ kind: t.literal("FrameRefused"), at, client, refusal }),
      t.partial({ ...numbers, bytes: count }),
    ]),
  ),
};

const header: t.Type<Header, unknown, unknown> = t.strict({
  journal: t.literal("signalbox"),
  version: t.literal(journalVersion),
  digestVersion: count,
  settingsVersion: t.literal(settingsVersion),
  package: t.string,
  startedAt: t.string,
  payloads: t.union([t.literal("full"), t.literal("redacted"), t.literal("none")]),
  timings: t.strict({ pingAfterMs: count, cutAfterMs: count }),
  part: count,
  eventsBefore: count,
});

const digest: t.Type<Digest, unknown, unknown> = t.strict({
  digest: t.strict({ events: count, state: t.string, effects: t.string }),
});

const linesByKind: ReadonlyMap<unknown, Reader<Line>> = new Map(Object.entries(events));

type Reader<A> = Pick<t.Decoder<unknown, A>, "decode"> & { readonly is: (u: unknown) => u is A };

/** Which codec a line asks for; left is why there is none. */
const codecOf = (u: unknown): E.Either<string, Reader<Line>> => {
  if (typeof u === "object" && u !== null) {
    const event = "kind" in u ? linesByKind.get(u.kind) : undefined;
    if (event !== undefined) return "level" in u && Number(u.level) > highestLevel ? tooHigh(u.level) : E.right(event);
    if ("digest" in u) return E.right(digest);
    if ("journal" in u) {
      if ("version" in u && Number(u.version) > journalVersion) return newer("format", u.version, journalVersion);
      if ("settingsVersion" in u && Number(u.settingsVersion) > settingsVersion)
        return newer("settings", u.settingsVersion, settingsVersion);
      return E.right(header);
    }
  }
  return E.left("it is neither a header, nor a digest, nor an event of a known kind");
};

const newer = (what: string, version: unknown, known: number): E.Either<string, never> =>
  E.left(`its ${what} version is ${version}, and this build reads up to ${known}: use a newer one`);

const tooHigh = (level: unknown): E.Either<string, never> =>
  E.left(`its version can decide up to level ${level}, and this build up to ${highestLevel}: use a newer one`);

/** Reads one line of a journal; left is what is wrong with it, in words for whoever looks at the file. */
export const parseLine = (line: string): E.Either<string, Line> => {
  const json = Json.parse(line);
  return E.isLeft(json) ? E.left("it is not JSON") : lineOf(json.right);
};

/** The same of what has been parsed. */
export const lineOf = (json: unknown): E.Either<string, Line> => {
  const value = upcast(json);
  const found = codecOf(value);
  if (E.isLeft(found)) return found;
  const codec = found.right;
  // Most lines are well: to look is several times cheaper than to decode, which is only asked what is wrong.
  if (codec.is(value)) return E.right(value);
  return pipe(
    codec.decode(value),
    E.mapLeft((errors) => {
      const context = errors.slice(0, 1).flatMap((first) => first.context);
      const path = context.map(({ key }) => key).filter((key) => !/^\d*$/.test(key));
      return `${path.join(".")} must be ${context.at(-1)?.type.name}`;
    }),
  );
};
