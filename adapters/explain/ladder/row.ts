import type { ClientId, ParticipantLeftReason } from "../../../core/index.js";
import { printable } from "../../observe/printable.js";
import { type Addressee, isUnheard, reachOf } from "../delivered.js";
import { roomNamed } from "../people.js";
import type { Connection, Membership, Recording, Refused, Relay, Socket } from "../recording.js";
import { labelOf } from "../sentences/words.js";
import type { SignalKind } from "../signal-kind.js";

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

/** The key of a user among the participants. */
export const userKey = (id: string): string => `user ${id}`;

/** Whom a socket stands for in the diagram: of several users the one that is meant, or else the first. */
const keyOf = ({ sockets }: Recording, client: ClientId, meant: string | undefined): string => {
  const users = sockets.get(client)?.users;
  const user = meant !== undefined && users?.has(meant) ? meant : users?.keys().next().value;
  return user === undefined ? `socket ${client}` : userKey(user);
};

/** The rows of an incident: none for what is not shown. */
export const rowOf = (recording: Recording, incident: Recording["incidents"][number], how: How): ReadonlyArray<Row> => {
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

export interface How {
  readonly isAll: boolean;
  /** Which socket of a user it was, where the user had another at the same time; or else nothing. */
  readonly onSocket: (client: ClientId) => string;
  /** Whom a message is for that names this id. */
  readonly addresseeOf: (id: string) => Addressee | undefined;
}

/** Pages may well have a socket for each channel: only who signals on several at once is told apart. */
export const socketTeller = ({ sockets, incidents }: Recording): How["onSocket"] => {
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
  { place, isAll, onSocket, addresseeOf }: How & { readonly place: Place },
): ReadonlyArray<Row> => {
  const { client, event, from, to: meant, signalKind, receivers } = relay;
  if (signalKind === undefined && receivers.length > 0 && !(isAll && meant !== undefined)) return [];
  const sockets = receivers.flatMap((id) => recording.sockets.get(id) ?? []);
  const reach =
    meant === undefined ? undefined : reachOf(sockets, { event, ids: [meant], to: meant }, addresseeOf(meant));
  const reached = reach && (reach.certain.length > 0 ? reach.certain : reach.possible).map(({ id }) => id);
  const drawn = isAll || reached === undefined ? receivers : reached;
  const isMissed = reach !== undefined && isUnheard(reach);
  const nobody = receivers.length === 0 ? " to nobody" : isMissed ? " to nobody it was meant for" : "";
  return [
    {
      ...place,
      kind: signalKind ?? (receivers.length === 0 ? "unheard" : "message"),
      from: from === undefined ? keyOf(recording, client, undefined) : userKey(from),
      to: [...new Set(drawn.map((id) => keyOf(recording, id, meant)))],
      missed: meant !== undefined && isMissed ? userKey(meant) : undefined,
      copies: receivers.length - drawn.length,
      label: `${shortened(relay.type)}${onSocket(client)}${nobody}`,
    },
  ];
};

/** What tells an offer from an answer stands at the end, where a narrow column would cut it off. */
const shortened = (type: string): string => printable(type.replace(/^webrtc-/, ""));

const refusedKey = (recording: Recording, { user, client }: Refused): string =>
  user === undefined ? keyOf(recording, client, undefined) : userKey(user);
const refusalLabel = ({ type, where, code }: Refused): string =>
  `${type === undefined ? "a message" : printable(type)}${where === undefined ? "" : ` ${printable(where)}`} refused: ${code}`;
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
