import type { Branded } from "io-ts";
import * as t from "io-ts";

/** One socket. A whole number, given out by the adapter, unique within one run of one node. */
export type ClientId = Branded<number, { readonly ClientId: unique symbol }>;
/** Somebody's presence, which can outlive a socket. Made by the adapter at the handshake, unique everywhere. */
export type SessionId = Branded<string, { readonly SessionId: unique symbol }>;
/** One run of one node. Made by the adapter at the start, unique everywhere. */
export type NodeId = Branded<string, { readonly NodeId: unique symbol }>;
/** Which protocol a client speaks. */
export type DialectName = Branded<string, { readonly DialectName: unique symbol }>;
/** A person. */
export type UserId = Branded<string, { readonly UserId: unique symbol }>;
export type RoomId = Branded<string, { readonly RoomId: unique symbol }>;
export type ChannelName = Branded<string, { readonly ChannelName: unique symbol }>;
/** Milliseconds since 1970-01-01 UTC, a whole number. */
export type Millis = Branded<number, { readonly Millis: unique symbol }>;
/** A user's place in a room: what sessions hold. Made by `seat`, read by `seatOf`. */
export type SeatId = Branded<string, { readonly SeatId: unique symbol }>;
/** Something that ends by itself. Made by `due`, read by `dueOf`. */
export type DueId = Branded<string, { readonly DueId: unique symbol }>;
/** Order of arrival: counts up, so that the order of a list does not depend on how a table sorts its keys. */
export type Seq = Branded<number, { readonly Seq: unique symbol }>;

/**
 * The channel of room lists. No client can choose this name, since theirs have one character at least: each dialect has a name of its
 * own for it.
 */
export const directoryChannel = "" as ChannelName;

// No id contains a control character, so a line feed keeps the two halves apart.
const between = "\n";

export const seat = (room: RoomId, user: UserId): SeatId => `${room}${between}${user}` as SeatId;

export const seatOf = (id: SeatId): { readonly room: RoomId; readonly user: UserId } => {
  const cut = id.indexOf(between);
  return { room: id.slice(0, cut) as RoomId, user: id.slice(cut + 1) as UserId };
};

export type Due =
  | { readonly kind: "session"; readonly session: SessionId }
  | { readonly kind: "knock"; readonly room: RoomId; readonly user: UserId }
  | { readonly kind: "host"; readonly room: RoomId };

export const due = (what: Due): DueId => {
  switch (what.kind) {
    case "session":
      return `session${between}${what.session}` as DueId;
    case "knock":
      return `knock${between}${what.room}${between}${what.user}` as DueId;
    case "host":
      return `host${between}${what.room}` as DueId;
  }
};

export const dueOf = (id: DueId): Due => {
  const [kind, first, second] = id.split(between);
  switch (kind) {
    case "session":
      return { kind, session: first as SessionId };
    case "knock":
      return { kind, room: first as RoomId, user: second as UserId };
    default:
      return { kind: "host", room: first as RoomId };
  }
};

const controlOrLoneSurrogate = /[\p{Cc}\p{Cs}]/u;

/** Characters are counted as Unicode code points; the first comparison spares short strings the walk. */
const atMost = (chars: number, text: string): boolean =>
  text.length <= chars || (text.length <= 2 * chars && [...text].length <= chars);

/** The name of a codec completes the sentence "… must be", which is what a client is told. */
const codec = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, A, unknown> =>
  new t.Type<A, A, unknown>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity);

const isText = (u: unknown, min: number, max: number): u is string =>
  typeof u === "string" && u.length >= min && atMost(max, u) && !controlOrLoneSurrogate.test(u);

/** A codec for well-formed Unicode of `min` to `max` code points without control characters. */
export const text = <A extends string>(min: number, max: number): t.Type<A, string, unknown> =>
  codec(`a string of ${min} to ${max} characters, without control characters`, (u): u is A => isText(u, min, max));

/** A codec for seats: a room, and a user in it. */
export const anySeat: t.Type<SeatId, unknown, unknown> = codec(
  "a room and a user",
  (u): u is SeatId => typeof u === "string" && u.includes(between),
);

/** A codec for text that people read: as `text`, and not only white space. */
export const label = (max: number): t.Type<string, string, unknown> =>
  codec(
    `a string of 1 to ${max} characters, not only spaces, without control characters`,
    (u): u is string => isText(u, 1, max) && u.trim() !== "",
  );

/** A codec for whole numbers, `min` to `max`. */
export const whole = <A extends number>(min: number, max: number): t.Type<A, number, unknown> =>
  codec(
    `a whole number from ${min} to ${max}`,
    (u): u is A => typeof u === "number" && Number.isInteger(u) && u >= min && u <= max,
  );
