import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as Json from "fp-ts/lib/Json.js";
import * as t from "io-ts";
import type * as Event from "./event.js";
import type { ChannelName, ClientId, Millis, RoomId, UserId } from "./id.js";
import * as Id from "./id.js";
import { defaultLimits, type Limits, type Settings } from "./limits.js";
import type { Refusal, RefusalCode } from "./message.js";

/** What of a frame's text is kept: all of it, what is left without secrets and addresses, or nothing. */
export type Payloads = "full" | "redacted" | "none";

/** The version of the format that is written. 1 had no `stateSpacingMs`, and its digests of the state are of another shape. */
export const journalVersion = 2;

/** The first line of every journal file. */
export interface Header {
  readonly journal: "signalbox";
  readonly version: 1 | typeof journalVersion;
  /** The version of the package that wrote it. */
  readonly package: string;
  /** ISO 8601, by the wall clock. */
  readonly startedAt: string;
  readonly payloads: Payloads;
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
const channel = Id.text<ChannelName>(1, 65_536);
const name = Id.text<string>(0, 65_536);

const limits: t.Type<Limits, unknown, unknown> = t.strict(
  Object.fromEntries(Object.keys(defaultLimits).map((key) => [key, count])) as Record<keyof Limits, typeof count>,
);
const currentSettings: t.Type<Settings, unknown, unknown> = t.strict({
  limits,
  relay: t.union([t.literal("targeted"), t.literal("flood")]),
  roomEvents: t.union([t.literal("consume"), t.literal("relay")]),
  roomListIntervalMs: count,
  stateSpacingMs: count,
  unjoinedRoomMs: count,
});
/** Before version 2 nothing was spaced. */
const settings = new t.Type<Settings, unknown, unknown>(
  "the settings of a run",
  currentSettings.is,
  (u, context) => currentSettings.validate(t.UnknownRecord.is(u) ? { stateSpacingMs: 0, ...u } : u, context),
  t.identity,
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
};
const refusal: t.Type<Refusal, unknown, unknown> = t.exact(
  t.intersection([
    t.type({ code: t.keyof(refusalCodes), message: t.string }),
    t.partial({ about: t.string, path: t.string }),
  ]),
);
const room: t.Type<Event.RoomAnnouncement, unknown, unknown> = t.exact(
  t.intersection([t.type({ id: roomId, name }), t.partial({ host: name, hostId: userId, description: name })]),
);

const bytes = t.partial({ bytes: count });
const withText = <P extends t.Props>(props: P) =>
  t.exact(t.intersection([t.type({ ...props, text: t.string }), bytes]));

/** One codec for each kind of event: that none is missing, and none too many, the compiler sees. */
const events: { readonly [K in Event.Event["kind"]]: t.Type<Extract<Recorded, { kind: K }>, unknown, unknown> } = {
  ServerStarted: t.strict({ kind: t.literal("ServerStarted"), at, settings }),
  ServerStopping: t.strict({ kind: t.literal("ServerStopping"), at }),
  ClockTicked: t.strict({ kind: t.literal("ClockTicked"), at }),
  ClientConnected: t.strict({ kind: t.literal("ClientConnected"), at, client, address: t.string }),
  ClientDisconnected: t.strict({ kind: t.literal("ClientDisconnected"), at, client, code: count }),
  ChannelSubscribed: t.strict({ kind: t.literal("ChannelSubscribed"), at, client, channel }),
  ChannelUnsubscribed: t.strict({ kind: t.literal("ChannelUnsubscribed"), at, client, channel }),
  PingReceived: t.strict({ kind: t.literal("PingReceived"), at, client }),
  TextReceived: withText({ kind: t.literal("TextReceived"), at, client }),
  RoomCreated: t.strict({ kind: t.literal("RoomCreated"), at, client, room }),
  UserJoinedRoom: withText({ kind: t.literal("UserJoinedRoom"), at, client, roomId, userId, userName: name }),
  UserLeftRoom: withText({ kind: t.literal("UserLeftRoom"), at, client, roomId, userId }),
  RoomListRequested: t.strict({ kind: t.literal("RoomListRequested"), at, client }),
  MessagePublished: t.exact(
    t.intersection([
      t.type({ kind: t.literal("MessagePublished"), at, client, channel, type: t.string, text: t.string }),
      t.partial({ from: userId, to: userId, bytes: count }),
    ]),
  ),
  FrameRefused: t.strict({ kind: t.literal("FrameRefused"), at, client, refusal }),
};

const header: t.Type<Header, unknown, unknown> = t.strict({
  journal: t.literal("signalbox"),
  version: t.union([t.literal(1), t.literal(journalVersion)]),
  package: t.string,
  startedAt: t.string,
  payloads: t.union([t.literal("full"), t.literal("redacted"), t.literal("none")]),
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
      if (!("version" in u && Number(u.version) > journalVersion)) return E.right(header);
      return E.left(
        `it is of format version ${u.version}, and this build reads up to ${journalVersion}: use a newer one`,
      );
    }
  }
  return E.left("it is neither a header, nor a digest, nor an event of a known kind");
};

/** Reads one line of a journal; left is what is wrong with it, in words for whoever looks at the file. */
export const parseLine = (line: string): E.Either<string, Line> => {
  const json = Json.parse(line);
  if (E.isLeft(json)) return E.left("it is not JSON");
  const found = codecOf(json.right);
  if (E.isLeft(found)) return found;
  const codec = found.right;
  // Most lines are well: to look is several times cheaper than to decode, which is only asked what is wrong.
  if (codec.is(json.right)) return E.right(json.right);
  return pipe(
    codec.decode(json.right),
    E.mapLeft((errors) => {
      const context = errors.slice(0, 1).flatMap((first) => first.context);
      const path = context.map(({ key }) => key).filter((key) => !/^\d*$/.test(key));
      return `${path.join(".")} must be ${context.at(-1)?.type.name}`;
    }),
  );
};
