import { printable } from "../../observe/printable.js";
import { isBy, labelOf, type Person, roomLabel } from "../people.js";
import type { Membership, Position, Recording, Relay } from "../recording.js";
import {
  apart,
  closeCode,
  type Finding,
  finding,
  type Inquiry,
  latest,
  listed,
  numbers,
  stamp,
  stopOf,
} from "./finding.js";

/** Somebody whom others named, and who never was there. */
export const neverActed = ({ incidents }: Recording, { ids, label }: Person): Finding => {
  const named = incidents.filter(
    (incident): incident is Relay =>
      incident.kind === "relay" && incident.to !== undefined && ids.includes(incident.to),
  );
  const how =
    named.length === 0 ? "it is only known from a refused message" : `it was only named by others (${numbers(named)})`;
  return finding(named, `No socket ever joined or published as ${label}: ${how}.`);
};

/** Two people who were never in one room at one time have no reason to call each other. */
export const missedRooms = ({ recording, from, to }: Inquiry): ReadonlyArray<Finding> => {
  const moves = recording.incidents.filter(
    (incident): incident is Membership => incident.kind === "join" || incident.kind === "leave",
  );
  const there = new Map<string, Set<string>>();
  for (const { kind, user, room } of moves) {
    const users = there.get(room) ?? new Set<string>();
    there.set(room, users);
    if (kind === "leave") users.delete(user);
    else users.add(user);
    if ([from, to].every(({ ids }) => ids.some((id) => users.has(id)))) return [];
  }
  const joins = [from, to].map(({ ids }) => moves.filter(({ kind, user }) => kind === "join" && ids.includes(user)));
  const told = [from, to].map(({ label }, i) => {
    const own = joins[i] ?? [];
    return own.length === 0
      ? `${label} joined none`
      : `${label} joined ${listed(own.map((join) => `${roomLabel(recording, join.room)} at ${stamp(join)}`))}`;
  });
  return [finding(joins.flat(), `They were never in one room at the same time: ${told.join(", ")}.`)];
};

/** Requests to be let in that did not end in the room. */
export const requestsOf = (recording: Recording, person: Person): ReadonlyArray<Finding> => {
  const { incidents } = recording;
  const isRelay = (incident: Recording["incidents"][number]): incident is Relay => incident.kind === "relay";
  const request = incidents.filter(isRelay).findLast((one) => one.signalKind === "knock" && isBy(one, person));
  if (request === undefined) return [];
  const ask = `${person.label} asked to join at ${stamp(request)}`;
  const whom = request.to === undefined ? "the host" : labelOf(recording, request.to);
  const reply = incidents
    .filter(isRelay)
    .find(
      ({ signalKind, event, to }) =>
        event > request.event &&
        (signalKind === "admit" || signalKind === "deny") &&
        (to === undefined || person.ids.includes(to)),
    );
  const joined = incidents.find(
    (one) => one.kind === "join" && person.ids.includes(one.user) && one.event > request.event,
  );
  if (joined !== undefined) return [];
  const withdrawal = incidents
    .filter(isRelay)
    .find((one) => one.signalKind === "withdraw" && one.event > request.event && isBy(one, person));
  if (withdrawal !== undefined)
    return [finding([request, withdrawal], `${ask} and took it back at ${stamp(withdrawal)}.`)];
  if (reply === undefined) {
    const heard =
      request.receivers.length === 0
        ? `, and the request reached nobody: ${whom} was not listening on ${printable(request.channel)}`
        : "";
    return [finding([request], `${ask}, and ${whom} never answered${heard}.`)];
  }
  if (reply.signalKind === "deny") return [finding([request, reply], `${ask} and was rejected at ${stamp(reply)}.`)];
  const lost = reply.receivers.length === 0 ? ": the approval reached nobody" : "";
  return [finding([request, reply], `${ask} and was approved at ${stamp(reply)}, but never joined${lost}.`)];
};

/** Who went first, while the server was still there, and before `until`. */
export const departure = ({ recording, from, to }: Inquiry, until: number): ReadonlyArray<Finding> => {
  const stop = stopOf(recording);
  const ends = [from, to].flatMap((person) => {
    const end = endOf(recording, person);
    return end === undefined || end.position.event > stop ? [] : [{ person, ...end }];
  });
  const [first, second] = ends.sort((a, b) => a.position.event - b.position.event);
  if (first === undefined || first.position.event > until) return [];
  const after =
    second === undefined
      ? ""
      : `; ${second.person.label} followed at ${stamp(second.position)}, ${apart(first.position, second.position)} later`;
  return [
    finding(
      [first.position, ...(second === undefined ? [] : [second.position])],
      `The first to go was ${first.person.label}, who ${first.text} at ${stamp(first.position)}${after}.`,
    ),
  ];
};

/** The last time that somebody left a room or lost their last socket, unless they came back. */
const endOf = (
  recording: Recording,
  { ids, sockets: own }: Person,
): { readonly position: Position; readonly text: string } | undefined => {
  const move = recording.incidents.findLast(
    (incident): incident is Membership =>
      (incident.kind === "join" || incident.kind === "leave") && ids.includes(incident.user),
  );
  if (move?.kind === "join") return undefined;
  if (move !== undefined) return { position: move, text: leaving(recording, move) };
  const ends = own.map(({ until }) => until);
  const last = ends.every((until) => until !== undefined) ? latest(ends.flatMap((until) => until ?? [])) : undefined;
  return last === undefined ? undefined : { position: last, text: `disconnected (${closeCode(last.code)})` };
};

const leaving = (recording: Recording, { room, why: how }: Membership): string => {
  if (how === "removed") return `was removed from room ${roomLabel(recording, room)} by the host`;
  return `left room ${roomLabel(recording, room)}${how === "disconnected" ? " by disconnecting" : ""}`;
};
