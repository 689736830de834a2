import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis, RoomId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { DirectoryRequested } from "../event.js";
import type { Fact } from "../fact.js";
import * as Mailbox from "../local/mailbox.js";
import { withLocal } from "../replace.js";
import { type Client, type Directory, isListed, type State } from "../state.js";
import { nothing, type Step, send } from "../step.js";

const withDirectory = (state: State, directory: Directory): State => withLocal(state, { directory });

/** From now on the client is told of each change; the answer holds the rooms as they are. */
export const watch =
  ({ isWatching, id = 0 }: DirectoryRequested) =>
  (me: Client): Step =>
  (state) => {
    const { directory } = state.local;
    const watchers = isWatching
      ? Table.set(directory.watchers, me.id, true as const)
      : Table.remove(directory.watchers, me.id);
    return Mailbox.answer(me, id, { isWatching })(withDirectory(state, { ...directory, watchers }));
  };

/** Of a client that disconnects. */
export const stopWatching =
  (client: ClientId): Step =>
  (state) => {
    const { directory } = state.local;
    if (!Table.has(directory.watchers, client)) return [state, []];
    return [withDirectory(state, { ...directory, watchers: Table.remove(directory.watchers, client) }), []];
  };

/** Notes which listed rooms have changed, for whoever watches. */
export const note = (facts: ReadonlyArray<Fact>, before: State): Step => {
  if (before.local.directory.watchers.size === 0) return nothing;
  return (state) => {
    const changed = facts
      .flatMap((fact) => changedRoom(fact))
      .filter((room) => isShown(state, room) || isShown(before, room));
    if (changed.length === 0) return [state, []];
    const untold = changed.reduce((rooms, room) => Table.set(rooms, room, true as const), state.local.directory.untold);
    return tellWatchers(withDirectory(state, { ...state.local.directory, untold }));
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
  const { untold, freeAt, watchers } = state.local.directory;
  if (untold.size === 0 || freeAt > state.now) return [state, []];
  const next = (state.now + state.shared.settings.stateSpacingMs) as Millis;
  const told = withDirectory(state, { watchers, untold: Table.empty(), freeAt: next });
  if (watchers.size === 0) return [told, []];
  return [told, [send({ kind: "Watchers" }, { kind: "DirectoryChanged", rooms: Table.keys(untold) })]];
};

/** When they are told next. */
export const nextTelling = ({ local: { directory } }: State): O.Option<Millis> =>
  directory.untold.size === 0 ? O.none : O.some(directory.freeAt);
