import * as O from "fp-ts/lib/Option.js";
import { type ClientId, directoryChannel, type Millis } from "../base/id.js";
import { announcementBurst } from "../base/limits.js";
import type { Audience } from "../effect.js";
import { withLocal } from "../replace.js";
import { type Announced, type Client, clientCount, type State, type StateKind, stateKinds } from "../state.js";
import { nothing, reply, type Step, send, sequence } from "../step.js";
import { listeners } from "./audience.js";

/*
 * Announcements are limited by a token bucket: it holds `announcementBurst` tokens and gets one back every `stateSpacingMs`. While it
 * is empty, an announcement is pending. It is sent when there is a token again, and shows all changes up to then.
 */

const audiences: Readonly<Record<StateKind, Audience>> = { ClientCount: { kind: "Everyone" }, RoomList: listeners };

/**
 * Announces each state that has changed since `before`. Steps do not announce anything themselves: none can forget to, and a cascade is
 * announced once.
 */
export const changesSince =
  (before: State): Step =>
  (state) =>
    sequence(announcement("ClientCount", before, state), announcement("RoomList", before, state))(state);

const announcement = (kind: StateKind, before: State, state: State): Step => {
  if (hasChanged(kind, before, state)) return announceOrDefer(kind);
  return kind === "RoomList" && state.local.repeatListAt !== before.local.repeatListAt ? repeat : nothing;
};

const hasChanged = (kind: StateKind, before: State, state: State): boolean => {
  switch (kind) {
    case "ClientCount":
      return clientCount(state) !== clientCount(before);
    case "RoomList":
      return state.shared.rooms !== before.shared.rooms;
  }
};

const announceOrDefer =
  (kind: StateKind): Step =>
  (state) =>
    mayAnnounce(state, kind) ? announce(kind)(state) : [withPending(state, kind, true), []];

const announce =
  (kind: StateKind): Step =>
  (state) => {
    const paidUntil = Math.max(state.now, state.local.announced[kind].paidUntil) + state.shared.settings.stateSpacingMs;
    return [
      withAnnounced(state, kind, { paidUntil: paidUntil as Millis, isPending: false }),
      [send(audiences[kind], { kind, at: state.now })],
    ];
  };

/** A repetition takes no token: it has an interval of its own. It shows what is pending too. */
const repeat: Step = (state) => [
  state.local.announced.RoomList.isPending ? withPending(state, "RoomList", false) : state,
  [send(listeners, { kind: "RoomList", at: state.now })],
];

/** Sends the pending announcements that there is a token for. */
export const announcePending: Step = (state) =>
  sequence(
    ...stateKinds.filter((kind) => state.local.announced[kind].isPending && mayAnnounce(state, kind)).map(announce),
  )(state);

/** When the first pending announcement may be sent. */
export const nextPending = (state: State): O.Option<Millis> => {
  const pending = stateKinds
    .filter((kind) => state.local.announced[kind].isPending)
    .map((kind) => allowedAt(state, kind));
  return pending.length === 0 ? O.none : O.some(Math.min(...pending) as Millis);
};

const allowedAt = ({ local: { announced }, shared: { settings } }: State, kind: StateKind): Millis =>
  (announced[kind].paidUntil - (announcementBurst - 1) * settings.stateSpacingMs) as Millis;

const mayAnnounce = (state: State, kind: StateKind): boolean => allowedAt(state, kind) <= state.now;

const withAnnounced = (state: State, kind: StateKind, announced: Announced): State => {
  const { ClientCount, RoomList } = state.local.announced;
  switch (kind) {
    case "ClientCount":
      return withLocal(state, { announced: { ClientCount: announced, RoomList } });
    case "RoomList":
      return withLocal(state, { announced: { ClientCount, RoomList: announced } });
  }
};

const withPending = (state: State, kind: StateKind, isPending: boolean): State =>
  withAnnounced(state, kind, { paidUntil: state.local.announced[kind].paidUntil, isPending });

const withRepeatAt = (state: State, repeatListAt: O.Option<Millis>): State => withLocal(state, { repeatListAt });

/** A client that connects is sent the count at once, also while the announcement to all is pending. */
export const greet =
  (client: ClientId): Step =>
  (state) => [state, mayAnnounce(state, "ClientCount") ? [] : [reply(client, { kind: "ClientCount", at: state.now })]];

/**
 * Sends the list to the client that asked, always; and to all subscribers of the directory if the token bucket is full. So a client
 * that asks without pause cannot delay the announcements of others.
 */
export const answer =
  (me: Client): Step =>
  (state) => {
    const isForAll = state.local.announced.RoomList.paidUntil <= state.now;
    const isAmongAll = isForAll && me.channels.includes(directoryChannel);
    const answered: Step = (same) => [same, isAmongAll ? [] : [reply(me.id, { kind: "RoomList", at: same.now })]];
    return isForAll ? sequence(answered, announce("RoomList"))(state) : answered(state);
  };

/** The list is repeated while there is a room: the repetition begins with the first room and ends with the last. */
export const keepRepeating: Step = (state) => {
  if (state.shared.rooms.size > 0 === O.isSome(state.local.repeatListAt)) return [state, []];
  return [withRepeatAt(state, state.shared.rooms.size > 0 ? O.some(nextRepetition(state)) : O.none), []];
};

/** When the repetition is due, its next time is set; `changesSince` sees that and sends the list. */
export const repeatList: Step = (state) =>
  O.isSome(state.local.repeatListAt) && state.local.repeatListAt.value <= state.now
    ? [withRepeatAt(state, O.some(nextRepetition(state))), []]
    : [state, []];

const nextRepetition = (state: State): Millis => (state.now + state.shared.settings.roomListIntervalMs) as Millis;
