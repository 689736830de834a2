import { randomUUID } from "node:crypto";
import type Database from "libsql";
import type { HistoryFact } from "./facts.js";
import { rowsOf } from "./open.js";
import type { FactRow } from "./told.js";

/** The statements that facts are written with. */
export interface Writer {
  /** Writes one fact, and what follows from it for rooms and visits: the row of the fact. To be called in a transaction. */
  readonly write: (fact: HistoryFact) => FactRow;
  /** Ends what a run has left open: writes the facts for it. To be called in a transaction. */
  readonly endAll: (at: number) => ReadonlyArray<FactRow>;
}

/** Why a visit or a room ended whose end was not seen. */
const endUnknown = "unknown";
/** It was there when the server stopped. */
const serverStopped = "server-stopped";

export const writerOf = (db: Database.Database): Writer => {
  const fact = db.prepare("INSERT INTO facts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const openRoom = db.prepare("INSERT INTO rooms (room, name, opened_at) VALUES (?, ?, ?)");
  const closeRoom = db.prepare(
    "UPDATE rooms SET closed_at = ?, reason = ?, name = coalesce(?, name) WHERE room = ? AND closed_at IS NULL",
  );
  const raisePeak = db.prepare("UPDATE rooms SET peak = max(peak, ?) WHERE room = ? AND closed_at IS NULL");
  const come = db.prepare(
    `INSERT INTO visits (room_id, room, user, name, verified, came_at)
     VALUES ((SELECT id FROM rooms WHERE room = ? AND closed_at IS NULL), ?, ?, ?, ?, ?)`,
  );
  const leave = db.prepare("UPDATE visits SET left_at = ?, reason = ? WHERE room = ? AND user = ? AND left_at IS NULL");
  const leaveAll = db.prepare("UPDATE visits SET left_at = ?, reason = ? WHERE room = ? AND left_at IS NULL");

  /** Where facts are missing, an end may be: nothing is open twice, and nobody is in a closed room. */
  const applyTo = ({ at, kind, room = "", user = "", name, isVerified, reason, total }: HistoryFact): void => {
    switch (kind) {
      case "room.opened":
        leaveAll.run(at, endUnknown, room);
        closeRoom.run(at, endUnknown, null, room);
        openRoom.run(room, name, at);
        return;
      case "room.closed":
        leaveAll.run(at, endUnknown, room);
        closeRoom.run(at, reason, name ?? null, room);
        return;
      case "participant.joined":
        leave.run(at, endUnknown, room, user);
        come.run(room, room, user, name, isVerified === true ? 1 : 0, at);
        raisePeak.run(total ?? 0, room);
        return;
      case "participant.left":
        leave.run(at, reason, room, user);
        return;
      case "door.refused":
      case "history.gap":
        return;
    }
  };

  const write = (what: HistoryFact): FactRow => {
    applyTo(what);
    const { at, kind, room = null, user = null, name = null, isVerified, reason = null, total = null } = what;
    const verified = isVerified === undefined ? null : Number(isVerified);
    const values = [randomUUID(), at, kind, room, user, name, verified, reason, total] as const;
    return [Number(fact.run(...values).lastInsertRowid), ...values];
  };

  const endAll = (at: number): ReadonlyArray<FactRow> => {
    const left = rowsOf<[string, string, string, number]>(
      db,
      `SELECT room, user, name, (SELECT count(*) FROM visits v WHERE v.room = visits.room AND v.left_at IS NULL AND v.id > visits.id)
       FROM visits WHERE left_at IS NULL ORDER BY room, id`,
    );
    const closed = rowsOf<[string, string]>(db, "SELECT room, name FROM rooms WHERE closed_at IS NULL ORDER BY room");
    const reason = serverStopped;
    return [
      ...left.map(([room, user, name, total]) =>
        write({ at, kind: "participant.left", room, user, name, reason, total }),
      ),
      ...closed.map(([room, name]) => write({ at, kind: "room.closed", room, name, reason })),
    ];
  };
  return { write, endAll };
};
