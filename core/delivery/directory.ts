import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, RoomId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { DirectoryRequested } from "../event.js";
import type { Fact } from "../fact.js";
import * as Mailbox from "../local/mailbox.js";
import { type Client, isListed, type State, withLocal } from "../state.js";
import { nothing, type Step, send } from "../step.js";

/** From now on the client is told of each change; the answer holds the rooms as they are. */
export const watch =
  ({ isWatching, id = 0 }: DirectoryRequested) =>
  (me: Client): Step =>
  (state) => {
    const { watchers } = state.local;
    const next = isWatching ? Table.set(watchers, me.id, true as const) : Table.remove(watchers, me.id);
    return Mailbox.answer(me, id, { isWatching })(withLocal(state, { ...state.local, watchers: next }));
  };

/** Of a client that disconnects. */
export const stopWatching =
  (client: ClientId): Step =>
  (state) => {
    const { watchers } = state.local;
    if (!Table.has(watchers, client)) return [state, []];
    return [withLocal(state, { ...state.local, watchers: Table.remove(watchers, client) }), []];
  };

/** Notes which listed rooms have changed, for whoever watches. */
export const note = (facts: ReadonlyArray<Fact>, before: State): Step => {
  if (before.local.watchers.size === 0) return nothing;
  return (state) => {
    const untold = facts
      .flatMap((fact) => changedRoom(fact))
      .filter((room) => isShown(state, room) || isShown(before, room))
      .reduce((rooms, room) => Table.set(rooms, room, true as const), state.local.untold);
    if (untold === state.local.untold) return [state, []];
    return tellWatchers(withLocal(state, { ...state.local, untold }));
  };
};

const isShown = ({ shared }: State, id: RoomId): boolean => {
  const room = Table.get(shared.rooms, id);
  return room !== undefined && isListed(room);
};

const changedRoom = (fact: Fact): ReadonlyArray<RoomId> => {
  switch (fact.kind) {
    case "RoomOpened":
      return [fact.room.id];
    case "RoomUpdated":
    case "RoomClosed":
    case "ParticipantJoined":
    case "ParticipantLeft":
    case "RoomLocked":
    case "RoomUnlocked":
      return [fact.room];
    default:
      return [];
  }
};

/** At once, or when `stateSpacingMs` have passed since the last time. */
export const tellWatchers: Step = (state) => {
  const { untold, directoryFreeAt, watchers } = state.local;
  if (untold.size === 0 || directoryFreeAt > state.now) return [state, []];
  const freeAt = (state.now + state.shared.settings.stateSpacingMs) as Millis;
  const told = withLocal(state, { ...state.local, untold: Table.empty(), directoryFreeAt: freeAt });
  if (watchers.size === 0) return [told, []];
  return [told, [send({ kind: "Watchers" }, { kind: "DirectoryChanged", rooms: Table.keys(untold) })]];
};

/** When they are told next. */
export const nextTelling = ({ local: { untold, directoryFreeAt } }: State): O.Option<Millis> =>
  untold.size === 0 ? O.none : O.some(directoryFreeAt);
