import type * as O from "fp-ts/lib/Option.js";
import * as t from "io-ts";
import type { ChannelName, ClientId, DialectName, Millis, NodeId, RoomId, Seq, SessionId, UserId } from "../base/id.js";
import * as Id from "../base/id.js";
import { defaultLimits, type Limits, type Settings } from "../base/limits.js";
import { type RoomPolicy, roomRoles, withoutHost } from "../base/room.js";
import type * as Event from "../event.js";
import { abilities, lobbyGrants, sessionGrants } from "../grants.js";
import type { Refusal, RefusalCode } from "../message.js";

/* What events and entries have in common: the codecs of their members. */

export const at = Id.whole<Millis>(0, 253_402_300_799_999);
export const client = Id.whole<ClientId>(0, Number.MAX_SAFE_INTEGER);
export const count = Id.whole<number>(0, Number.MAX_SAFE_INTEGER);
// Lengths were bounded by the settings of the run; here it matters only that an id is one.
export const roomId = Id.text<RoomId>(1, 65_536);
export const userId = Id.text<UserId>(1, 65_536);
// The directory has the empty name.
export const channel = Id.text<ChannelName>(0, 65_536);
export const session = Id.text<SessionId>(1, 65_536);
export const dialect = Id.text<DialectName>(1, 65_536);
export const name = Id.text<string>(0, 65_536);

export const limits: t.Type<Limits, unknown, unknown> = t.strict(
  Object.fromEntries(Object.keys(defaultLimits).map((key) => [key, count])) as Record<keyof Limits, typeof count>,
);
export const settings: t.Type<Settings, unknown, unknown> = t.strict(
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
export const refusalCodes: Readonly<Record<RefusalCode, null>> = {
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
  unavailable: null,
};
export const refusal: t.Type<Refusal, unknown, unknown> = t.exact(
  t.intersection([
    t.type({ code: t.keyof(refusalCodes), message: t.string }),
    t.partial({ about: t.string, path: t.string }),
  ]),
);
export const keysOf = <A extends string>(names: ReadonlyArray<A>): t.Type<A, A, unknown> =>
  t.keyof(Object.fromEntries(names.map((one) => [one, null])) as Record<A, null>);
export const role = keysOf(roomRoles);
export const policy: t.Type<RoomPolicy, unknown, unknown> = t.strict({
  listed: t.boolean,
  lobby: t.boolean,
  capacity: count,
  withoutHost: keysOf(withoutHost),
});
export const token: t.Type<Event.Token, unknown, unknown> = t.strict({
  grants: t.strict({
    rooms: t.readonlyArray(t.string),
    can: t.readonlyArray(keysOf(abilities)),
    role,
    lobby: keysOf(lobbyGrants),
    sessions: keysOf(sessionGrants),
  }),
  expiresAt: at,
});
export const greeting: t.Type<Event.Greeting, unknown, unknown> = t.exact(
  t.intersection([
    t.type({ id: count, name, user: userId, seen: count }),
    t.partial({ resume: t.strict({ session, generation: count }) }),
  ]),
);
export const room: t.Type<Event.RoomDescription, unknown, unknown> = t.exact(
  t.intersection([t.type({ id: roomId, name }), t.partial({ host: name, hostId: userId, description: name })]),
);

/** Of a dialect that numbers requests, and of a frame whose text was redacted. */
export const numbers = { id: count, seen: count };
export const framed = { bytes: count, chars: count, ...numbers };
export const frame = <P extends t.Props>(props: P) => t.exact(t.intersection([t.type(props), t.partial(numbers)]));
export const withText = <P extends t.Props>(props: P) =>
  t.exact(t.intersection([t.type({ ...props, text: t.string }), t.partial(framed)]));
export const order = { at, client, roomId };
export const aboutUser = { ...order, userId };

export const seq = Id.whole<Seq>(0, Number.MAX_SAFE_INTEGER);
export const node = Id.text<NodeId>(1, 128);

/** A codec for what is told apart by its `kind`. A union would try all of them, and say of each what is wrong. */
export const byKind = <A extends { readonly kind: string }>(
  codecs: {
    readonly [K in A["kind"]]: t.Type<Extract<A, { readonly kind: K }>, unknown, unknown>;
  },
): t.Type<A, unknown, unknown> => {
  const known: ReadonlyMap<unknown, t.Type<A, unknown, unknown>> = new Map(Object.entries(codecs));
  const codecOf = (u: unknown) => (typeof u === "object" && u !== null && "kind" in u ? known.get(u.kind) : undefined);
  return new t.Type<A, unknown, unknown>(
    "of a known kind",
    (u): u is A => codecOf(u)?.is(u) === true,
    (u, context) => codecOf(u)?.validate(u, context) ?? t.failure(u, context),
    (a) => a,
  );
};

export const option = <A>(value: t.Type<A, unknown, unknown>): t.Type<O.Option<A>, unknown, unknown> =>
  t.union([t.strict({ _tag: t.literal("None") }), t.strict({ _tag: t.literal("Some"), value })]);
