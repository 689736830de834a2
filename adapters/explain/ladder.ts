import type { Moment, Recorded } from "../../core/index.js";
import { printable } from "../observe/printable.js";
import { type Row, type RowKind, type RowOptions, roomLabels, rowOf, socketLabels, userKey } from "./ladder/row.js";
import { peopleNamed, roomsNamed } from "./names.js";
import { ofRooms } from "./one-room.js";
import { type Person, peopleOf } from "./people.js";
import { readRecording } from "./read-recording.js";
import type { Recording } from "./recording.js";
import { copiesLeftOut, countedLabel, unknownUser } from "./sentences/ladder.js";
import { labelOf } from "./sentences/words.js";

/** A column of the ladder: a user, or a socket that never named one. */
export interface Lifeline {
  readonly key: string;
  readonly name: string;
}

/** The signalling of a recording: users across, time down. */
export interface Ladder {
  readonly lifelines: ReadonlyArray<Lifeline>;
  readonly rows: ReadonlyArray<Row>;
}

/** Which part of the signalling is drawn; all of it by default. */
export interface LadderFilter {
  /** Only what happened in this room, and what users who were ever in it, or refused it, did in no room. An id or a name. */
  readonly room?: string | undefined;
  /** Only rows of this user, or between these two. Ids or names. */
  readonly users?: ReadonlyArray<string>;
  /** Also the copies of a message for one user that went to other sockets. */
  readonly isAll?: boolean;
}

/**
 * Lays out the signalling of a recording, to be drawn as text, HTML or Mermaid.
 *
 * @throws NameError where the filter names nobody in the recording
 */
export const ladder = (moments: Iterable<Moment<Recorded>>, filter: LadderFilter = {}): Ladder => {
  const whole = readRecording(moments);
  const people = peopleOf(whole);
  const rooms = filter.room === undefined ? undefined : roomsNamed(whole, filter.room);
  const recording = rooms === undefined ? whole : ofRooms(whole, rooms);
  const shown = matching(recording, people, { rooms, users: filter.users ?? [] });
  const addressees = new Map(
    people.flatMap((one) => [...one.ids, ...one.namesUsedAsIds].map((id) => [id, one] as const)),
  );
  const options: RowOptions = {
    isAll: filter.isAll === true,
    socketOf: socketLabels(recording),
    roomOf: roomLabels(recording),
    addresseeOf: (id) => addressees.get(id),
  };
  const all = recording.incidents.flatMap((incident) => rowOf(recording, incident, options).flatMap(shown));
  const rows = merged(withoutBystanders(all));
  return { lifelines: lifelinesIn(recording, rows), rows };
};

/** The part of a row that passes the filter. Of two users, that is what passed between them, and what either did alone. */
const matching = (
  recording: Recording,
  people: ReadonlyArray<Person>,
  { rooms, users }: { readonly rooms: ReadonlyArray<string> | undefined; readonly users: ReadonlyArray<string> },
): ((row: Row) => ReadonlyArray<Row>) => {
  const keys = users.map(
    (user) =>
      new Set(
        peopleNamed(recording, people, user).flatMap(({ ids, namesUsedAsIds }) =>
          [...ids, ...namesUsedAsIds].map(userKey),
        ),
      ),
  );
  const inRoom = rooms === undefined ? undefined : keysInRoom(recording, rooms);
  const isOf = (row: Row, some: ReadonlySet<string>): boolean => keysOf(row).some((key) => some.has(key));
  const isPair = keys.length > 1;
  const pair = new Set(keys.flatMap((some) => [...some]));
  return (row) => {
    if (inRoom !== undefined && row.from !== undefined && !isOf(row, inRoom)) return [];
    if (!isPair) return keys.every((some) => isOf(row, some)) ? [row] : [];
    const isAlone = keysOf(row).length === 1;
    if (isAlone ? !isOf(row, pair) : !keys.every((some) => isOf(row, some))) return [];
    return [{ ...row, to: row.to.filter((key) => pair.has(key)) }];
  };
};

/** The keys of the lifelines that a row touches. */
const keysOf = ({ from, to, missed }: Row): ReadonlyArray<string> =>
  [from, ...to, missed].filter((key) => key !== undefined);

const keysInRoom = ({ incidents }: Recording, rooms: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    incidents.flatMap((incident) => {
      if (incident.kind === "join" || incident.kind === "door")
        return rooms.includes(incident.room) ? [userKey(incident.user)] : [];
      if (incident.kind !== "refusal" || incident.user === undefined) return [];
      const isOfRoom = incident.where !== undefined && rooms.includes(incident.where);
      return incident.request === "JoinRequested" && isOfRoom ? [userKey(incident.user)] : [];
    }),
  );

/** Sockets that only connected and disconnected are not shown. */
const withoutBystanders = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const isConnection = ({ kind }: Row): boolean => kind === "connect" || kind === "disconnect";
  const active = new Set(rows.filter((row) => !isConnection(row)).flatMap(keysOf));
  return rows.filter((row) => !isConnection(row) || row.from?.startsWith("user ") || active.has(row.from ?? ""));
};

const mergeable: ReadonlySet<RowKind> = new Set(["candidate", "connect", "disconnect"]);

/** Candidates, connects and disconnects that follow directly upon each other become one row. */
const merged = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const out: Row[] = [];
  const arrowOf = ({ from, to, missed, label }: Row): string => [from, ...to, missed, label].join("\n");
  for (const row of rows) {
    const last = out.at(-1);
    const isSame = last !== undefined && last.kind === row.kind && arrowOf(last) === arrowOf(row);
    if (isSame && mergeable.has(row.kind) && row.event === last.lastEvent + 1)
      out[out.length - 1] = {
        ...last,
        lastEvent: row.lastEvent,
        count: last.count + row.count,
        copies: last.copies + row.copies,
      };
    else out.push(row);
  }
  return out.map((row) => ({ ...row, label: countedLabel(row.count, row.label) }));
};

const lifelinesIn = ({ names, sockets }: Recording, rows: ReadonlyArray<Row>): ReadonlyArray<Lifeline> => {
  const keys = [...new Set(rows.flatMap(keysOf))];
  const known = new Set([...sockets.values()].flatMap(({ users, claims }) => [...users.keys(), ...claims]));
  const named = keys.map((key) => {
    const id = key.slice("user ".length);
    if (!key.startsWith("user ")) return { key, id: key, name: key };
    return { key, id, name: known.has(id) ? (names.get(id) ?? id) : unknownUser(id) };
  });
  const counts = new Map<string, number>();
  for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isTaken = (name: string): boolean => (counts.get(name) ?? 0) > 1;
  return named.map(({ key, id, name }) => ({
    key,
    name: isTaken(name) && name !== id ? labelOf({ id, name }) : printable(name),
  }));
};

/** The time of a row, since the start of the recording. */
export const seconds = ({ sinceMs }: Row): string => `${(sinceMs / 1_000).toFixed(3)}s`;

/** `#7`, or `#7–9` for a row that stands for several events. */
export const eventsOf = ({ event, lastEvent }: Row): string =>
  event === lastEvent ? `#${event}` : `#${event}–${lastEvent}`;

/** What is not drawn, as a line below the ladder; empty where all is. */
export const footnote = (rows: ReadonlyArray<Row>): string =>
  copiesLeftOut(rows.reduce((sum, { copies }) => sum + copies, 0));
