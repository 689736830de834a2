import * as O from "fp-ts/lib/Option.js";
import { type ClientId, directoryChannel, type Millis } from "../base/id.js";
import { announcementBurst } from "../base/limits.js";
import type { Audience } from "../effect.js";
import { type Announced, type Client, type State, type StateKind, stateKinds, withLocal } from "../state.js";
import { nothing, reply, type Step, send, sequence } from "../step.js";
import { listeners } from "./audience.js";

/*
 * Announcements are paid for out of a bucket that holds `announcementBurst` of them and gets one back every `stateSpacingMs`. While
 * it is empty, a change is not said but owed: one announcement tells of all that has changed by then.
 */

const audiences: Readonly<Record<StateKind, Audience>> = { ClientCount: { kind: "Everyone" }, RoomList: listeners };

/**
 * The states that clients are shown, announced because what they show has changed since `before`: no step says it, so no step can
 * forget it, and a cascade is announced once.
 */
export const changesSince =
  (before: State): Step =>
  (state) =>
    sequence(...stateKinds.map((kind) => announcement(kind, before, state)))(state);

const announcement = (kind: StateKind, before: State, state: State): Step => {
  if (isNews(kind, before, state)) return sayOrOwe(kind);
  return kind === "RoomList" && state.local.repeatListAt !== before.local.repeatListAt ? repeat : nothing;
};

const isNews = (kind: StateKind, before: State, state: State): boolean => {
  switch (kind) {
    case "ClientCount":
      return state.local.clients.size !== before.local.clients.size;
    case "RoomList":
      return state.shared.rooms !== before.shared.rooms;
  }
};

const sayOrOwe =
  (kind: StateKind): Step =>
  (state) =>
    mayBeSaid(state, kind) ? say(kind)(state) : [withAnnounced(state, kind, { isOwed: true }), []];

const say =
  (kind: StateKind): Step =>
  (state) => {
    const paidUntil = Math.max(state.now, state.local.announced[kind].paidUntil) + state.shared.settings.stateSpacingMs;
    return [
      withAnnounced(state, kind, { paidUntil: paidUntil as Millis, isOwed: false }),
      [send(audiences[kind], { kind, at: state.now })],
    ];
  };

/** A repetition is free: it comes at its own pace, and tells what is owed too. */
const repeat: Step = (state) => [
  state.local.announced.RoomList.isOwed ? withAnnounced(state, "RoomList", { isOwed: false }) : state,
  [send(listeners, { kind: "RoomList", at: state.now })],
];

/** What is owed and may be said by now. */
export const sayOwed: Step = (state) =>
  sequence(...stateKinds.filter((kind) => state.local.announced[kind].isOwed && mayBeSaid(state, kind)).map(say))(
    state,
  );

/** When the first of what is owed may be said. */
export const nextOwed = (state: State): O.Option<Millis> => {
  const owed = stateKinds.filter((kind) => state.local.announced[kind].isOwed).map((kind) => allowedAt(state, kind));
  return owed.length === 0 ? O.none : O.some(Math.min(...owed) as Millis);
};

const allowedAt = ({ local: { announced }, shared: { settings } }: State, kind: StateKind): Millis =>
  (announced[kind].paidUntil - (announcementBurst - 1) * settings.stateSpacingMs) as Millis;

const mayBeSaid = (state: State, kind: StateKind): boolean => allowedAt(state, kind) <= state.now;

const withAnnounced = (state: State, kind: StateKind, change: Partial<Announced>): State =>
  withLocal(state, { announced: { ...state.local.announced, [kind]: { ...state.local.announced[kind], ...change } } });

/** Whoever connects is told the count at once, even while the others are made to wait for it. */
export const greet =
  (client: ClientId): Step =>
  (state) => [state, mayBeSaid(state, "ClientCount") ? [] : [reply(client, { kind: "ClientCount", at: state.now })]];

/**
 * The list, to whoever asks for it, always; and to all who keep one, if everything said so far is paid for: who asks without pause
 * cannot make others wait.
 */
export const answer =
  (me: Client): Step =>
  (state) => {
    const isForAll = state.local.announced.RoomList.paidUntil <= state.now;
    const isAmongAll = isForAll && me.channels.includes(directoryChannel);
    const answered: Step = (same) => [same, isAmongAll ? [] : [reply(me.id, { kind: "RoomList", at: same.now })]];
    return isForAll ? sequence(answered, say("RoomList"))(state) : answered(state);
  };

/** The list is repeated while there is a room: with the first one the repetition begins, with the last it ends. */
export const keepRepeating: Step = (state) => {
  if (state.shared.rooms.size > 0 === O.isSome(state.local.repeatListAt)) return [state, []];
  return [withLocal(state, { repeatListAt: state.shared.rooms.size > 0 ? O.some(nextRepetition(state)) : O.none }), []];
};

/** A due list counts as changed, which is what announces it. */
export const repeatList: Step = (state) =>
  O.isSome(state.local.repeatListAt) && state.local.repeatListAt.value <= state.now
    ? [withLocal(state, { repeatListAt: O.some(nextRepetition(state)) }), []]
    : [state, []];

const nextRepetition = (state: State): Millis => (state.now + state.shared.settings.roomListIntervalMs) as Millis;
