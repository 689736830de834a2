import * as O from "fp-ts/lib/Option.js";
import * as Id from "../../core/base/id.js";
import * as Table from "../../core/base/table.js";
import { initial, type RoomId, type SessionId, type State } from "../../core/index.js";
import { awayUntil } from "../../core/shared/participants.js";
import { roleOf } from "../../core/shared/roles.js";
import { participantsInOrder } from "../../core/state.js";
import type { KnownRoom } from "./v1-client.js";

/** The rooms of a session, as its client should know them. */
export const roomsOf = ({ shared }: State, session: SessionId): ReadonlyMap<RoomId, KnownRoom> => {
  const rooms = new Map<RoomId, KnownRoom>();
  for (const { room: id } of (Table.get(shared.sessions, session)?.seats ?? []).map(Id.seatOf)) {
    const [room, door] = [Table.get(shared.rooms, id), Table.get(shared.doors, id)];
    if (room === undefined || door === undefined) continue;
    const participants = participantsInOrder(room).map(({ id: user, name }) => {
      const until = awayUntil(shared, Id.seat(id, user));
      return { user, name, role: roleOf(shared, room, user), ...(O.isSome(until) ? { awayUntil: until.value } : {}) };
    });
    rooms.set(id, { version: door.version, locked: door.isLocked, participants });
  }
  return rooms;
};

/** What may be left of a state that everybody has left: its clock, its settings, and until when its budgets are spent. */
export const emptied = ({ now, shared, local }: State): State => ({
  now,
  shared: { ...initial.shared, settings: shared.settings, nextSeq: shared.nextSeq },
  local: {
    ...initial.local,
    announced: local.announced,
    directory: { ...initial.local.directory, freeAt: local.directory.freeAt },
  },
});
