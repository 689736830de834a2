import type { ClientId } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import { type Addressee, isUnheard, reachOf } from "../delivered.js";
import { roomNamed, userNamed } from "../people.js";
import type { Membership, Recording, Refused, Relay, RoomChange, Socket } from "../recording.js";
import {
  connectionLabel,
  doorLabel,
  inRoom,
  membershipLabel,
  messageLabel,
  nodeLabel,
  onSocket,
  refusalLabel,
  roomChangeLabel,
  sessionLabel,
  stopLabel,
} from "../sentences/ladder.js";
import { labelOf, socketName } from "../sentences/words.js";
import type { SignalKind } from "../signal-kind.js";

/** What a row of the ladder shows. */
export type RowKind =
  | SignalKind
  | "join"
  | "leave"
  | "connect"
  | "disconnect"
  | "refusal"
  | "unheard"
  | "message"
  | "away"
  | "back"
  | "lost"
  | "door"
  | "bar"
  | RoomChange["kind"]
  | "node"
  | "stop";

/** A row of the ladder: one incident, or several alike that follow upon each other. */
export interface Row {
  /** The first event that the row stands for, and the last. */
  readonly event: number;
  readonly lastEvent: number;
  readonly count: number;
  readonly at: number;
  /** Since the start of the recording. */
  readonly sinceMs: number;
  readonly kind: RowKind;
  /** Keys of lifelines. The end of the server has no `from`; only messages have a `to`. */
  readonly from: string | undefined;
  readonly to: ReadonlyArray<string>;
  /** The recipient that it did not reach. */
  readonly missed: string | undefined;
  /** A message that reached nobody, or nobody that it was meant for. */
  readonly isUnheard: boolean;
  /** How many copies went to other sockets, and are not drawn. */
  readonly copies: number;
  readonly label: string;
}

/** The key of a user's lifeline. */
export const userKey = (id: string): string => `user ${id}`;

/** The key of the lifeline that a socket is drawn as: of several users, the one that is addressed, or else the first. */
const keyOf = ({ sockets }: Recording, client: ClientId, meant: string | undefined): string => {
  const users = sockets.get(client)?.users;
  const user = meant !== undefined && users?.has(meant) ? meant : users?.keys().next().value;
  return user === undefined ? `socket ${socketName(client)}` : userKey(user);
};

/** The rows of an incident: none for what is not shown. */
export const rowOf = (
  recording: Recording,
  incident: Recording["incidents"][number],
  options: RowOptions,
): ReadonlyArray<Row> => {
  const at = {
    event: incident.event,
    lastEvent: incident.event,
    count: 1,
    copies: 0,
    at: incident.at,
    sinceMs: incident.at - recording.startedAt,
    to: [],
    missed: undefined,
    isUnheard: false,
  };
  switch (incident.kind) {
    case "relay":
      return relayRow(recording, incident, { place: at, ...options });
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
          label: `${connectionLabel(incident)}${options.socketOf(incident.client)}`,
        },
      ];
    case "away":
    case "back":
    case "lost":
      return [{ ...at, kind: incident.kind, from: userKey(incident.user), label: sessionLabel(incident) }];
    case "door":
    case "bar": {
      if (incident.kind === "bar" && incident.reason === "denied") return [];
      const by = nameOf(recording, incident.by);
      const label = doorLabel(incident, roomNamed(recording, incident.room), by);
      return [{ ...at, kind: incident.kind, from: userKey(incident.user), label }];
    }
    case "role":
    case "lock":
    case "host-awaited":
    case "host-returned":
    case "no-host": {
      const by = nameOf(recording, incident.by);
      const user = incident.kind === "role" ? incident.user : incident.by;
      const label = roomChangeLabel(incident, roomNamed(recording, incident.room), by);
      return [{ ...at, kind: incident.kind, from: user === undefined ? undefined : userKey(user), label }];
    }
    case "node":
      return [{ ...at, kind: "node", from: undefined, label: nodeLabel(incident) }];
    case "stop":
      return [{ ...at, kind: "stop", from: undefined, label: stopLabel }];
  }
};

/** What the rows need to know beside the incident. */
export interface RowOptions {
  /** Also draws the copies of a message for one user that went to other sockets. */
  readonly isAll: boolean;
  /** Names the socket of a user who had several at the same time; empty for all others. */
  readonly socketOf: (client: ClientId) => string;
  /** Names the room of a signal, where signals passed in several; empty otherwise. */
  readonly roomOf: (room: string | undefined) => string;
  /** Whom a message to this id is for. */
  readonly addresseeOf: (id: string) => Addressee | undefined;
}

/** Names the rooms that signals passed in, where there are several. */
export const roomLabels = (recording: Recording): RowOptions["roomOf"] => {
  const rooms = new Set(recording.incidents.flatMap((one) => (one.kind === "relay" ? (one.room ?? []) : [])));
  return (room) => (room === undefined || rooms.size < 2 ? "" : inRoom(roomNamed(recording, room)));
};

/** A page may use one socket per channel, so sockets are named only for users who signal on several at once. */
export const socketLabels = ({ sockets, incidents }: Recording): RowOptions["socketOf"] => {
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
  return (client) => (several.has(client) ? onSocket(client) : "");
};

const endOf = ({ until }: Socket): number => until?.event ?? Number.POSITIVE_INFINITY;

type Place = Pick<Row, "event" | "lastEvent" | "count" | "at" | "sinceMs">;

/** Messages that are not signals are shown only if they reached nobody, or if all is shown. */
const relayRow = (
  recording: Recording,
  relay: Relay,
  { place, isAll, socketOf, roomOf, addresseeOf }: RowOptions & { readonly place: Place },
): ReadonlyArray<Row> => {
  const { client, event, from, to: meant, signalKind, receivers } = relay;
  if (signalKind === undefined && receivers.length > 0 && !(isAll && meant !== undefined)) return [];
  const sockets = receivers.flatMap((id) => recording.sockets.get(id) ?? []);
  const reach =
    meant === undefined ? undefined : reachOf(sockets, { event, ids: [meant], to: meant }, addresseeOf(meant));
  const reached = reach && (reach.certain.length > 0 ? reach.certain : reach.possible).map(({ id }) => id);
  const drawn = isAll || reached === undefined ? receivers : reached;
  const isMissed = reach !== undefined && isUnheard(reach);
  return [
    {
      ...place,
      kind: signalKind ?? (receivers.length === 0 ? "unheard" : "message"),
      from: from === undefined ? keyOf(recording, client, undefined) : userKey(from),
      to: [...new Set(drawn.map((id) => keyOf(recording, id, meant)))],
      missed: meant !== undefined && isMissed ? userKey(meant) : undefined,
      copies: receivers.length - drawn.length,
      isUnheard: isMissed || receivers.length === 0,
      label: messageLabel(relay, { where: `${socketOf(client)}${roomOf(relay.room)}`, isUnheard: isMissed }),
    },
  ];
};

const refusedKey = (recording: Recording, { user, client }: Refused): string =>
  user === undefined ? keyOf(recording, client, undefined) : userKey(user);

/** Called as their lifeline is: by name, and by id too where somebody else has the same name. */
const nameOf = (recording: Recording, user: string | undefined): string | undefined => {
  if (user === undefined) return undefined;
  const named = userNamed(recording, user);
  const isTaken = [...recording.names].some(([id, name]) => name === named.name && id !== user);
  return isTaken ? labelOf(named) : printable(named.name);
};

const memberLabel = (recording: Recording, membership: Membership): string => {
  const room = roomNamed(recording, membership.room);
  const isNameTaken = recording.rooms.some(({ id, name }) => name === room.name && id !== room.id);
  const by = membership.kind === "join" ? undefined : nameOf(recording, membership.by);
  return membershipLabel(membership, { room, isNameTaken, by });
};
