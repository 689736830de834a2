import {
  type ChannelName,
  type ClientId,
  channelNameOf,
  type Effect,
  type Fact,
  listedRooms,
  type Moment,
  type Recorded,
  recipients,
  type SeatId,
  type SessionId,
  type State,
  seat,
  snapshot,
  type WrittenShared,
} from "../../core/index.js";
import { printable } from "../observe/printable.js";
import { ownerOf, userNamed } from "./people.js";
import type { Position, Recording } from "./recording.js";
import { labelOf, ownerText } from "./sentences/words.js";
import { isoOf } from "./times.js";

/** Describes the state after an event. */
export const stateOf = ({ n, event, after }: Moment<Recorded>, recording: Recording): string => {
  const { shared, local } = snapshot(after) as Snapshot;
  const who = (id: string): string => labelOf(userNamed(recording, id));
  const clientsOf = new Map<string, number[]>();
  for (const { id, session: of } of local.clients) clientsOf.set(of, [...(clientsOf.get(of) ?? []), id]);
  const holdersOf = holdersIn(shared);
  return [
    `after event #${n} (${event.kind}) at ${isoOf(event.at)}: ${local.clients.length} sockets, ${shared.rooms.length} rooms`,
    ...listedRooms(after).flatMap((room) => [
      `room ${printable(room.id)} “${printable(room.name)}”, host ${room.hostId === undefined ? "unknown" : who(room.hostId)}`,
      ...room.participants.map(({ id, name }) => {
        const held = (holdersOf.get(seat(room.id, id)) ?? []).flatMap((of) => clientsOf.get(of) ?? []);
        const by = held.length === 0 ? "" : `, held by socket ${held.join(", ")}`;
        return `  ${printable(id)} “${printable(name)}”${by}`;
      }),
    ]),
    ...local.subscribers.map(
      ([channel, ids]) => `channel ${printable(channelNameOf(channel))}: sockets ${ids.join(", ")}`,
    ),
    ...local.clients.map(({ id, claimed }) =>
      claimed.length === 0 ? `socket ${id} has named no user` : `socket ${id} acts for ${claimed.map(who).join(", ")}`,
    ),
  ].join("\n");
};

/** The sessions that hold each seat, the one that has done so longest first. */
const holdersIn = ({ sessions, holds }: WrittenShared): ReadonlyMap<SeatId, ReadonlyArray<SessionId>> => {
  const held = sessions.flatMap(({ id, seats }, i) =>
    seats.map((seat, n) => ({ seat, id, since: holds[i]?.[n] ?? 0 })),
  );
  const holders = new Map<SeatId, SessionId[]>();
  for (const { seat, id } of held.sort((a, b) => a.since - b.since))
    holders.set(seat, [...(holders.get(seat) ?? []), id]);
  return holders;
};

/** The part of `snapshot` that is shown. */
interface Snapshot {
  readonly shared: WrittenShared;
  readonly local: {
    readonly clients: ReadonlyArray<{
      readonly id: number;
      readonly session: SessionId;
      readonly claimed: ReadonlyArray<string>;
    }>;
    readonly subscribers: ReadonlyArray<readonly [ChannelName, ReadonlyArray<number>]>;
  };
}

/** Describes the effects of an event, and who got its messages. */
export const effectsOf = ({ n, event, effects, after }: Moment<Recorded>, recording: Recording): string => {
  const position = { event: n, at: event.at };
  const lines = effects.map((effect) => `  ${effectOf(effect, after, { recording, position, event })}`);
  const by = "client" in event ? ` by ${ownerText(ownerOf(recording, event.client, position))}` : "";
  const on = "channel" in event ? ` on ${printable(channelNameOf(event.channel))}` : "";
  return [
    `#${n} ${event.kind}${on}${by} at ${isoOf(event.at)}`,
    ...(lines.length === 0 ? ["  no effects"] : lines),
  ].join("\n");
};

interface Cause {
  readonly recording: Recording;
  readonly position: Position;
  readonly event: Recorded;
}

const effectOf = (effect: Effect, state: State, { recording, position, event }: Cause): string => {
  if (effect.kind === "Report") return `reported ${factOf(effect.fact)}`;
  if (effect.kind === "Append") return `appended ${effect.entry.kind} to the log`;
  if (effect.kind === "Reply") return `told node ${effect.to} what has become of what it passed on`;
  if (effect.kind === "Forward")
    return `passed on to ${effect.to === "subscribers" ? "the nodes with subscribers" : `node ${effect.to.join(", ")}`}`;
  const whom = socketsOf(recording, recipients(state, effect.to), position);
  if (effect.kind === "Close") return `closed with ${effect.code}: ${whom}`;
  const isRelay = effect.message.kind === "Relay" && event.kind === "PublishRequested";
  return `${isRelay ? messageOf(event, recording) : effect.message.kind}: sent to ${whom}`;
};

/** `ParticipantLeft: room r1, user b7, why disconnected` */
const factOf = ({ kind, ...members }: Fact): string => {
  const parts = Object.entries(members).map(
    ([name, value]) => `${name} ${printable(typeof value === "object" ? JSON.stringify(value) : String(value))}`,
  );
  return `${kind}: ${parts.join(", ")}`;
};

type Published = Extract<Recorded, { readonly kind: "PublishRequested" }>;

/** `webrtc-answer of Bob (b7) for Ann (a3)` */
const messageOf = ({ type, from, to, client }: Published, recording: Recording): string =>
  `${printable(type)} of ${from === undefined ? `socket ${client}` : labelOf(userNamed(recording, from))}${to === undefined ? "" : ` for ${labelOf(userNamed(recording, to))}`}`;

const whoMax = 5;
const shownMax = 20;

/** Names the users of a few sockets, and only the numbers of many. */
const socketsOf = (recording: Recording, ids: ReadonlyArray<ClientId>, position: Position): string => {
  if (ids.length === 0) return "nobody";
  if (ids.length <= whoMax) return ids.map((id) => ownerText(ownerOf(recording, id, position))).join("; ");
  const more = ids.length > shownMax ? ` and ${ids.length - shownMax} more` : "";
  return `sockets ${ids.slice(0, shownMax).join(", ")}${more}`;
};
