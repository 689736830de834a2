import type { Branded } from "io-ts";
import * as t from "io-ts";

/** One socket. A whole number, given out by the runtime, never used twice within a run. */
export type ClientId = Branded<number, { readonly ClientId: unique symbol }>;
/** A person, as clients announce them. */
export type UserId = Branded<string, { readonly UserId: unique symbol }>;
export type RoomId = Branded<string, { readonly RoomId: unique symbol }>;
export type ChannelName = Branded<string, { readonly ChannelName: unique symbol }>;
/** Milliseconds since 1970-01-01 UTC, a whole number. */
export type Millis = Branded<number, { readonly Millis: unique symbol }>;
/** A user's place in a room: what clients hold. Made by `seat`, read by `seatOf`. */
export type SeatId = Branded<string, { readonly SeatId: unique symbol }>;
/** Order of arrival: counts up within one state, so that a list never depends on how a table sorts. */
export type Seq = Branded<number, { readonly Seq: unique symbol }>;

/** The channel on which rooms are announced and listed (PROTOCOL, "Channels that the seed names"). */
export const roomsChannel = "webrtc-dashboard-rooms" as ChannelName;

// No id contains a control character, so a line feed keeps the two halves apart.
const between = "\n";

export const seat = (room: RoomId, user: UserId): SeatId => `${room}${between}${user}` as SeatId;

export const seatOf = (id: SeatId): { readonly room: RoomId; readonly user: UserId } => {
  const cut = id.indexOf(between);
  return { room: id.slice(0, cut) as RoomId, user: id.slice(cut + 1) as UserId };
};

const controlOrLoneSurrogate = /[\p{Cc}\p{Cs}]/u;

/** Characters are counted as Unicode code points; the first comparison spares short strings the walk. */
const atMost = (chars: number, text: string): boolean =>
  text.length <= chars || (text.length <= 2 * chars && [...text].length <= chars);

/**
 * A codec for well-formed Unicode of `min` to `max` code points without control characters.
 * Its name completes the sentence "… must be", which is what a client is told.
 */
export const text = <A extends string>(min: number, max: number): t.Type<A, string, unknown> => {
  const is = (u: unknown): u is A =>
    typeof u === "string" && u.length >= min && atMost(max, u) && !controlOrLoneSurrogate.test(u);
  return new t.Type<A, string, unknown>(
    `a string of ${min} to ${max} characters, without control characters`,
    is,
    (u, context) => (is(u) ? t.success(u) : t.failure(u, context)),
    t.identity,
  );
};

/** A codec for whole numbers, `min` to `max`. */
export const whole = <A extends number>(min: number, max: number): t.Type<A, number, unknown> => {
  const is = (u: unknown): u is A => typeof u === "number" && Number.isInteger(u) && u >= min && u <= max;
  return new t.Type<A, number, unknown>(
    `a whole number from ${min} to ${max}`,
    is,
    (u, context) => (is(u) ? t.success(u) : t.failure(u, context)),
    t.identity,
  );
};
