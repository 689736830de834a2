import type { SessionId } from "../base/id.js";
import * as Table from "../base/table.js";
import { type Decision, inOrder, nothing, record } from "./decision.js";
import { release } from "./participants.js";
import { abandon } from "./rooms.js";

interface Generation {
  readonly session: SessionId;
  readonly generation: number;
}

/** Another client takes the session over. An older generation, or the same again, changes nothing. */
export const resume =
  ({ session, generation }: Generation): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || known.generation >= generation) return nothing(shared);
    return record({ kind: "SessionResumed", session, generation })(shared);
  };

/**
 * What the session holds goes: its participants leave where no other session holds them, and the rooms that it created and nobody
 * has joined are closed. Ending an older generation changes nothing.
 */
export const end =
  ({ session, generation }: Generation): Decision =>
  (shared) => {
    const known = Table.get(shared.sessions, session);
    if (known === undefined || known.generation !== generation) return nothing(shared);
    return inOrder([
      record({ kind: "SessionEnded", session }),
      ...known.seats.map((seat) => release(seat, session)),
      ...known.created.map((room) => abandon(room, session)),
    ])(shared);
  };
