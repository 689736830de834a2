import { printable } from "../../observe/printable.js";
import { labelOf, type Person } from "../people.js";
import { type Position, type Recording, type Refused, signalKindOf } from "../recording.js";
import { type Finding, finding, type Inquiry, numbers, shownMax, stamp } from "./finding.js";

/** Refusals of what the two tried, one sentence for each kind; `mend` is where it went through after all. */
export const refusalsOf = (
  { recording, from, to }: Inquiry,
  isWanted: (refused: Refused, mend: Position | undefined) => boolean,
): ReadonlyArray<Finding> => {
  const groups = new Map<string, { readonly who: string; readonly all: Refused[] }>();
  for (const incident of recording.incidents) {
    if (incident.kind !== "refusal") continue;
    const who = refusedWhom(recording, incident, [from, to]);
    if (who === undefined) continue;
    const key = [who, incident.what, incident.code, incident.where].join("\n");
    const group = groups.get(key) ?? { who, all: [] };
    group.all.push(incident);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ who, all }) => {
    const last = all.at(-1);
    const mend = last && mended(recording, last);
    return last !== undefined && isWanted(last, mend) ? [refusalSentence(recording, { who, all, mend })] : [];
  });
};

const refusedWhom = ({ sockets }: Recording, refused: Refused, people: ReadonlyArray<Person>): string | undefined => {
  const named = people.find(({ ids }) => refused.user !== undefined && ids.includes(refused.user));
  if (named !== undefined) return named.label;
  if (refused.user !== undefined) return undefined;
  const acting = people.find((person) => person.sockets.some(({ id }) => id === refused.client));
  if (acting !== undefined) return acting.label;
  const isUnknown = sockets.get(refused.client)?.users.size === 0;
  return isUnknown && signalKindOf(refused.what) !== undefined
    ? `socket ${refused.client}, which never said who it is`
    : undefined;
};

interface Refusals {
  readonly who: string;
  readonly all: ReadonlyArray<Refused>;
  readonly mend: Position | undefined;
}

const refusalSentence = (recording: Recording, { who, all, mend }: Refusals): Finding => {
  const [first] = all;
  if (first === undefined) return finding([], "");
  const where = first.where === undefined ? "" : ` (${printable(first.where)})`;
  const times = all.length === 1 ? "" : `, ${all.length} times`;
  const then = mend === undefined ? "" : ` It went through at ${stamp(mend)}.`;
  return finding(
    [...all.slice(0, shownMax), ...(mend === undefined ? [] : [mend])],
    `Refused at ${numbers(all)}: ${printable(first.what)}${where} of ${who}, ${first.code}${times}; ${remedy(recording, first)}.${then}`,
  );
};

const mended = ({ incidents, sockets }: Recording, refused: Refused): Position | undefined => {
  const { event, what, where, user, client } = refused;
  if (what === "user-joined-room")
    return incidents.find((one) => one.kind === "join" && one.user === user && one.room === where && one.event > event);
  if (what === "subscribe")
    return sockets.get(client)?.subscriptions.find((one) => one.channel === where && one.since.event > event)?.since;
  return incidents.find(
    (one) => one.kind === "relay" && one.client === client && one.type === what && one.event > event,
  );
};

/** Who held the room that somebody announced anew. */
const holderOf = (recording: Recording, { where, event, user }: Refused): string => {
  const room = recording.rooms.findLast(({ id, since }) => id === where && since.event < event);
  if (room?.hostId === undefined) return "another host holds a room of that id";
  const isOwn = user !== undefined && recording.names.get(room.hostId) === recording.names.get(user);
  return `the room is still there, and held by the host ${labelOf(recording, room.hostId)}${isOwn ? ", who is most likely the same person under an old id" : ""}`;
};

const remedy = (recording: Recording, refused: Refused): string => {
  switch (refused.code) {
    case "room-not-found":
      return "the room was not open, or not any more: create it first, and ask for the list after a reconnect";
    case "room-full":
      return "the room had all the participants it may have (ROOM_PARTICIPANTS_MAX)";
    case "room-exists":
      return holderOf(recording, refused);
    case "not-allowed":
      return "only who joined, or the host, may do that";
    case "rate-limited":
      return "the client sent more than its rate, and nothing of that was relayed";
    case "no-channel":
      return "the message named no channel, so it was relayed to nobody";
    case "too-many-channels":
      return "the client has all the channels it may have, and does not hear this one";
    case "too-many-rooms":
      return "the client or the server has all the rooms it may have";
    case "invalid-message":
      return "the message lacks a member, or one is of the wrong kind";
    case "binary-unsupported":
      return "messages must be text frames";
  }
};
