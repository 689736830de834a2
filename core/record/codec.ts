import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as t from "io-ts";
import type { ChannelName, ClientId, DialectName, Millis, RoomId, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import { defaultLimits, type Limits, type Settings } from "../base/limits.js";
import { type RoomPolicy, roomRoles, withoutHost } from "../base/room.js";
import type * as Event from "../event.js";
import { abilities, lobbyGrants, sessionGrants } from "../grants.js";
import { type Refusal, type RefusalCode, signalKinds } from "../message.js";
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

const at = Id.whole<Millis>(0, 253_402_300_799_999);
const client = Id.whole<ClientId>(0, Number.MAX_SAFE_INTEGER);
const count = Id.whole<number>(0, Number.MAX_SAFE_INTEGER);
// Lengths were bounded by the settings of the run; here it matters only that an id is one.
const roomId = Id.text<RoomId>(1, 65_536);
const userId = Id.text<UserId>(1, 65_536);
// The directory has the empty name.
const channel = Id.text<ChannelName>(0, 65_536);
const session = Id.text<SessionId>(1, 65_536);
const dialect = Id.text<DialectName>(1, 65_536);
const name = Id.text<string>(0, 65_536);

const limits: t.Type<Limits, unknown, unknown> = t.strict(
  Object.fromEntries(Object.keys(defaultLimits).map((key) => [key, count])) as Record<keyof Limits, typeof count>,
);
const settings: t.Type<Settings, unknown, unknown> = t.strict(
  {
    limits,
    delivery: t.union([t.literal("targeted"), t.literal("broadcast")]),
    roomEvents: t.union([t.literal("consume"), t.literal("relay")]),
    roomListIntervalMs: count,
    stateSpacingMs: count,
    unjoinedRoomMs: count,
    sessionGraceMs: count,
    hostReclaimMs: count,
    knockMs: count,
    tokenGraceMs: count,
  },
  "the settings of a run",
);
const refusalCodes: Readonly<Record<RefusalCode, null>> = {
  "invalid-message": null,
  "binary-unsupported": null,
  "no-channel": null,
  "room-not-found": null,
  "room-exists": null,
  "not-allowed": null,
  "too-many-channels": null,
  "too-many-rooms": null,
  "room-full": null,
  "rate-limited": null,
  "room-locked": null,
  "too-many-waiting": null,
  "not-in-room": null,
  "no-such-participant": null,
  gone: null,
  waiting: null,
  denied: null,
  removed: null,
  banned: null,
  stale: null,
  "too-large": null,
  "token-invalid": null,
  "token-expired": null,
  "token-unverifiable": null,
  "already-connected": null,
};
const refusal: t.Type<Refusal, unknown, unknown> = t.exact(
  t.intersection([
    t.type({ code: t.keyof(refusalCodes), message: t.string }),
    t.partial({ about: t.string, path: t.string }),
  ]),
);
const keysOf = <A extends string>(names: ReadonlyArray<A>): t.Type<A, A, unknown> =>
  t.keyof(Object.fromEntries(names.map((one) => [one, null])) as Record<A, null>);
const role = keysOf(roomRoles);
const policy: t.Type<RoomPolicy, unknown, unknown> = t.strict({
  listed: t.boolean,
  lobby: t.boolean,
  capacity: count,
  withoutHost: keysOf(withoutHost),
});
const token: t.Type<Event.Token, unknown, unknown> = t.strict({
  grants: t.strict({
    rooms: t.readonlyArray(t.string),
    can: t.readonlyArray(keysOf(abilities)),
    role,
    lobby: keysOf(lobbyGrants),
    sessions: keysOf(sessionGrants),
  }),
  expiresAt: at,
});
const greeting: t.Type<Event.Greeting, unknown, unknown> = t.exact(
  t.intersection([
    t.type({ id: count, name, user: userId, seen: count }),
    t.partial({ resume: t.strict({ session, generation: count }) }),
  ]),
);
const room: t.Type<Event.RoomDescription, unknown, unknown> = t.exact(
  t.intersection([t.type({ id: roomId, name }), t.partial({ host: name, hostId: userId, description: name })]),
);

/** Of a dialect that numbers requests, and of a frame whose text was redacted. */
const numbers = { id: count, seen: count };
const framed = { bytes: count, chars: count, ...numbers };
const frame = <P extends t.Props>(props: P) => t.exact(t.intersection([t.type(props), t.partial(numbers)]));
const withText = <P extends t.Props>(props: P) =>
  t.exact(t.intersection([t.type({ ...props, text: t.string }), t.partial(framed)]));
const order = { at, client, roomId };
const aboutUser = { ...order, userId };

/** One codec for each kind of event: that none is missing, and none too many, the compiler sees. */
const events: { readonly [K in Event.Event["kind"]]: t.Type<Extract<Recorded, { kind: K }>, unknown, unknown> } = {
  ServerStarted: t.strict({ kind: t.literal("ServerStarted"), at, settings }),
  ServerStopping: t.strict({ kind: t.literal("ServerStopping"), at }),
  ClockTicked: t.strict({ kind: t.literal("ClockTicked"), at }),
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
  CreateRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("CreateRequested"), at, client, room }),
      t.partial({ policy, ...numbers }),
    ]),
  ),
  JoinRequested: t.exact(
    t.intersection([
      t.type({ kind: t.literal("JoinRequested"), at, client, roomId, userId, userName: name, text: t.string }),
      t.partial({ create: t.strict({ room, policy }), ...framed }),
    ]),
  ),
  LeaveRequested: withText({ kind: t.literal("LeaveRequested"), at, client, roomId, userId }),
  RoomListRequested: frame({ kind: t.literal("RoomListRequested"), at, client }),
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
  CloseRequested: frame({ kind: t.literal("CloseRequested"), ...order }),
  WithdrawRequested: frame({ kind: t.literal("WithdrawRequested"), ...aboutUser }),
  AdmitRequested: frame({ kind: t.literal("AdmitRequested"), ...aboutUser }),
  DenyRequested: frame({ kind: t.literal("DenyRequested"), ...aboutUser, forMs: count }),
  LockRequested: frame({ kind: t.literal("LockRequested"), ...order, isLocked: t.boolean }),
  RemoveRequested: frame({ kind: t.literal("RemoveRequested"), ...aboutUser, banMs: count }),
  UnbanRequested: frame({ kind: t.literal("UnbanRequested"), ...aboutUser }),
  RoleRequested: frame({ kind: t.literal("RoleRequested"), ...aboutUser, role }),
  RosterRequested: frame({ kind: t.literal("RosterRequested"), ...order }),
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

const byKind: ReadonlyMap<unknown, Reader<Line>> = new Map(Object.entries(events));

type Reader<A> = Pick<t.Decoder<unknown, A>, "decode"> & { readonly is: (u: unknown) => u is A };

/** Which codec a line asks for; left is why there is none. */
const codecOf = (u: unknown): E.Either<string, Reader<Line>> => {
  if (typeof u === "object" && u !== null) {
    const event = "kind" in u ? byKind.get(u.kind) : undefined;
    if (event !== undefined) return E.right(event);
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

/** Reads one line of a journal; left is what is wrong with it, in words for whoever looks at the file. */
export const parseLine = (line: string): E.Either<string, Line> => {
  const json = Json.parse(line);
  if (E.isLeft(json)) return E.left("it is not JSON");
  const value = upcast(json.right);
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
