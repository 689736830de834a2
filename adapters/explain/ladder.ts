import type { ClientId, Moment, ParticipantLeftReason, Recorded } from "../../core/index.js";
import { printable } from "../observe/printable.js";
import { peopleNamed, roomsNamed } from "./names.js";
import { peopleOf, roomNamed } from "./people.js";
import {
  type Connection,
  isAnonymous,
  type Membership,
  type Recording,
  type Refused,
  type Relay,
  readRecording,
  type SignalKind,
  type Socket,
} from "./recording.js";
import { labelOf } from "./sentences/words.js";

/** A user, or a socket that never said who it is. */
export interface Participant {
  readonly key: string;
  readonly name: string;
}

export type RowKind =
  | SignalKind
  | "join"
  | "leave"
  | "connect"
  | "disconnect"
  | "refusal"
  | "unheard"
  | "message"
  | "stop";

export interface Row {
  /** The first event that it stands for, and the last. */
  readonly event: number;
  readonly lastEvent: number;
  readonly count: number;
  readonly at: number;
  /** Since the start of the recording. */
  readonly sinceMs: number;
  readonly kind: RowKind;
  /** Keys of participants; what is nobody's own has no `from`, and what is not a message has no `to`. */
  readonly from: string | undefined;
  readonly to: ReadonlyArray<string>;
  /** Whom it was meant for and did not reach. */
  readonly missed: string | undefined;
  /** How many copies went to sockets that had not said who they are, and are not drawn. */
  readonly copies: number;
  readonly label: string;
}

/** The signalling of a recording: participants across, time down. */
export interface Ladder {
  readonly participants: ReadonlyArray<Participant>;
  readonly rows: ReadonlyArray<Row>;
}

export interface LadderFilter {
  /** Only of users who ever were in this room, or were refused it: an id or a name. */
  readonly room?: string | undefined;
  /** Only of this user, or only between these two, by id or name. */
  readonly users?: ReadonlyArray<string>;
  /** Also the copies of a message for one that went to sockets which had not said who they are. */
  readonly isAll?: boolean;
}

export const ladder = (moments: Iterable<Moment<Recorded>>, filter: LadderFilter = {}): Ladder => {
  const recording = readRecording(moments);
  const drawn = wanted(recording, filter);
  const how: How = { isAll: filter.isAll === true, onSocket: socketTeller(recording) };
  const all = recording.incidents.flatMap((incident) => rowOf(recording, incident, how).flatMap(drawn));
  const rows = folded(withoutBystanders(all));
  return { participants: participantsIn(recording, rows), rows };
};

/** What of a row is drawn: of two users, what passed between them, and what either did alone. */
const wanted = (recording: Recording, { room, users = [] }: LadderFilter): ((row: Row) => ReadonlyArray<Row>) => {
  const people = users.length === 0 ? [] : peopleOf(recording);
  const keys = users.map(
    (user) =>
      new Set(
        peopleNamed(recording, people, user).flatMap(({ ids, misnomers }) => [...ids, ...misnomers].map(userKey)),
      ),
  );
  const inRoom = room === undefined ? undefined : keysInRoom(recording, roomsNamed(recording, room));
  const isOf = (row: Row, some: ReadonlySet<string>): boolean => touched(row).some((key) => some.has(key));
  const isPair = keys.length > 1;
  const pair = new Set(keys.flatMap((some) => [...some]));
  return (row) => {
    if (inRoom !== undefined && !isOf(row, inRoom)) return [];
    if (!isPair) return keys.every((some) => isOf(row, some)) ? [row] : [];
    const isAlone = touched(row).length === 1;
    if (isAlone ? !isOf(row, pair) : !keys.every((some) => isOf(row, some))) return [];
    return [{ ...row, to: row.to.filter((key) => pair.has(key)) }];
  };
};

const userKey = (id: string): string => `user ${id}`;
const touched = ({ from, to, missed }: Row): ReadonlyArray<string> =>
  [from, ...to, missed].filter((key) => key !== undefined);

const keysInRoom = ({ incidents }: Recording, rooms: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    incidents.flatMap((incident) => {
      if (incident.kind === "join") return rooms.includes(incident.room) ? [userKey(incident.user)] : [];
      if (incident.kind !== "refusal" || incident.user === undefined) return [];
      const isOfRoom = incident.where !== undefined && rooms.includes(incident.where);
      return incident.what === "user-joined-room" && isOfRoom ? [userKey(incident.user)] : [];
    }),
  );

/** Whom a socket stands for in the diagram: of several users the one that is meant, or else the first. */
const keyOf = ({ sockets }: Recording, client: ClientId, meant: string | undefined): string => {
  const users = sockets.get(client)?.users;
  const user = meant !== undefined && users?.has(meant) ? meant : users?.keys().next().value;
  return user === undefined ? `socket ${client}` : userKey(user);
};

const rowOf = (recording: Recording, incident: Recording["incidents"][number], how: How): ReadonlyArray<Row> => {
  const at = {
    event: incident.event,
    lastEvent: incident.event,
    count: 1,
    copies: 0,
    at: incident.at,
    sinceMs: incident.at - recording.startedAt,
    to: [],
    missed: undefined,
  };
  switch (incident.kind) {
    case "relay":
      return relayRow(recording, incident, { place: at, ...how });
    case "refusal":
      return [{ ...at, kind: "refusal", from: refusedKey(recording, incident), label: refusalLabel(incident) }];
    case "join":
    case "leave":
      return [{ ...at, kind: incident.kind, from: userKey(incident.user), label: memberLabel(recording, incident) }];
    case "connect":
    case "disconnect":
      return [
        {
          ...at,
          kind: incident.kind,
          from: keyOf(recording, incident.client, undefined),
          label: `${connectionLabel(incident)}${how.onSocket(incident.client)}`,
        },
      ];
    case "stop":
      return [{ ...at, kind: "stop", from: undefined, label: "the server stopped" }];
  }
};

interface How {
  readonly isAll: boolean;
  /** Which socket of a user it was, where the user had another at the same time; or else nothing. */
  readonly onSocket: (client: ClientId) => string;
}

/** Pages may well have a socket for each channel: only who signals on several at once is told apart. */
const socketTeller = ({ sockets, incidents }: Recording): How["onSocket"] => {
  const signalling = new Map<string, Set<Socket>>();
  for (const one of incidents) {
    const socket = one.kind === "relay" && one.signalKind !== undefined ? sockets.get(one.client) : undefined;
    for (const user of socket?.users.keys() ?? [])
      if (socket !== undefined) signalling.set(user, (signalling.get(user) ?? new Set()).add(socket));
  }
  const several = new Set<ClientId>();
  for (const own of signalling.values()) {
    let longest: Socket | undefined;
    for (const socket of [...own].sort((a, b) => a.since.event - b.since.event)) {
      if (longest !== undefined && endOf(longest) > socket.since.event) several.add(longest.id).add(socket.id);
      if (longest === undefined || endOf(longest) < endOf(socket)) longest = socket;
    }
  }
  return (client) => (several.has(client) ? ` (socket ${client})` : "");
};

const endOf = ({ until }: Socket): number => until?.event ?? Number.POSITIVE_INFINITY;

type Place = Pick<Row, "event" | "lastEvent" | "count" | "at" | "sinceMs">;

/** Of what is not signalling only the messages to nobody are shown, unless all is. */
const relayRow = (
  recording: Recording,
  relay: Relay,
  { place, isAll, onSocket }: How & { readonly place: Place },
): ReadonlyArray<Row> => {
  const { client, from, to: meant, signalKind, receivers } = relay;
  if (signalKind === undefined && receivers.length > 0 && !(isAll && meant !== undefined)) return [];
  const { mine, anonymous } = receiversOf(recording, relay);
  const drawn = isAll || meant === undefined ? receivers : mine.length > 0 ? mine : anonymous;
  const isMissed = meant !== undefined && mine.length + anonymous.length === 0;
  const nobody = receivers.length === 0 ? " to nobody" : isMissed ? " to nobody it was meant for" : "";
  return [
    {
      ...place,
      kind: signalKind ?? (receivers.length === 0 ? "unheard" : "message"),
      from: from === undefined ? keyOf(recording, client, undefined) : userKey(from),
      to: [...new Set(drawn.map((id) => keyOf(recording, id, meant)))],
      missed: isMissed ? userKey(meant) : undefined,
      copies: receivers.length - drawn.length,
      label: `${shortened(relay.type)}${onSocket(client)}${nobody}`,
    },
  ];
};

/** Those who got a message for one: that one, and those who in the whole recording never say who they are. */
const receiversOf = ({ sockets }: Recording, { receivers, to }: Relay) => ({
  mine: receivers.filter((id) => to !== undefined && sockets.get(id)?.users.has(to)),
  anonymous: receivers.filter((id) => {
    const socket = sockets.get(id);
    return socket !== undefined && isAnonymous(socket);
  }),
});

/** What tells an offer from an answer stands at the end, where a narrow column would cut it off. */
const shortened = (type: string): string => printable(type.replace(/^webrtc-/, ""));

const refusedKey = (recording: Recording, { user, client }: Refused): string =>
  user === undefined ? keyOf(recording, client, undefined) : userKey(user);
const refusalLabel = ({ what, where, code }: Refused): string =>
  `${printable(what)}${where === undefined ? "" : ` ${printable(where)}`} refused: ${code}`;
const memberLabel = (recording: Recording, membership: Membership): string => {
  const named = roomNamed(recording, membership.room);
  const isTaken = recording.rooms.some((other) => other.name === named.name && other.id !== named.id);
  const shown = isTaken ? labelOf(named) : printable(named.name);
  return membership.kind === "join" ? `joined ${shown}` : `left ${shown}${leftBy(membership.reason)}`;
};

const leftBy = (reason: ParticipantLeftReason): string => {
  switch (reason) {
    case "left":
      return "";
    case "removed":
      return " (removed by the host)";
    case "disconnected":
      return " (disconnected)";
  }
};

const connectionLabel = ({ kind }: Connection): string => (kind === "connect" ? "connected" : "disconnected");

/** Sockets that did nothing but come and go are not shown. */
const withoutBystanders = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const isComing = ({ kind }: Row): boolean => kind === "connect" || kind === "disconnect";
  const active = new Set(rows.filter((row) => !isComing(row)).flatMap(touched));
  return rows.filter((row) => !isComing(row) || row.from?.startsWith("user ") || active.has(row.from ?? ""));
};

const foldable: ReadonlySet<RowKind> = new Set(["candidate", "connect", "disconnect"]);

/** Candidates, and comings and goings, are one row where they follow upon each other, with nothing between them. */
const folded = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const out: Row[] = [];
  const arrowOf = ({ from, to, missed, label }: Row): string => [from, ...to, missed, label].join("\n");
  for (const row of rows) {
    const last = out.at(-1);
    const isSame = last !== undefined && last.kind === row.kind && arrowOf(last) === arrowOf(row);
    if (isSame && foldable.has(row.kind) && row.event === last.lastEvent + 1)
      out[out.length - 1] = {
        ...last,
        lastEvent: row.lastEvent,
        count: last.count + row.count,
        copies: last.copies + row.copies,
      };
    else out.push(row);
  }
  return out.map((row) => (row.count > 1 ? { ...row, label: `${row.count} × ${row.label}` } : row));
};

const participantsIn = ({ names, sockets }: Recording, rows: ReadonlyArray<Row>): ReadonlyArray<Participant> => {
  const keys = [...new Set(rows.flatMap(touched))];
  const known = new Set([...sockets.values()].flatMap(({ users, claims }) => [...users.keys(), ...claims]));
  const named = keys.map((key) => {
    const id = key.slice("user ".length);
    if (!key.startsWith("user ")) return { key, id: key, name: key };
    return { key, id, name: known.has(id) ? (names.get(id) ?? id) : `“${id}” (nobody)` };
  });
  const counts = new Map<string, number>();
  for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isTaken = (name: string): boolean => (counts.get(name) ?? 0) > 1;
  return named.map(({ key, id, name }) => ({
    key,
    name: isTaken(name) && name !== id ? `${printable(name)} (${printable(id)})` : printable(name),
  }));
};

export const seconds = ({ sinceMs }: Row): string => `${(sinceMs / 1_000).toFixed(3)}s`;
export const eventsOf = ({ event, lastEvent }: Row): string =>
  event === lastEvent ? `#${event}` : `#${event}–${lastEvent}`;
export const nothing = "Nothing was signalled.";

/** What is not drawn is told. */
export const leftOut = (rows: ReadonlyArray<Row>): string => {
  const copies = rows.reduce((sum, row) => sum + row.copies, 0);
  return copies === 0
    ? ""
    : `Not drawn: ${copies} ${copies === 1 ? "copy" : "copies"} that went to sockets which had not said who they are (--all).`;
};
