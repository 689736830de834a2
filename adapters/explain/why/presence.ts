import { printable } from "../../observe/printable.js";
import { isBy, labelOf, type Person, roomLabel } from "../people.js";
import type { Membership, Relay, Session, Spot } from "../recording.js";
import {
  apart,
  closeCode,
  type Finding,
  finding,
  type Inquiry,
  latest,
  listed,
  numbers,
  spotted,
  stopOf,
} from "./finding.js";

/** Somebody whom others named, and who never was there. */
export const neverActed = ({ incidents }: Session, { ids, label }: Person): Finding => {
  const named = incidents.filter(
    (incident): incident is Relay =>
      incident.kind === "relay" && incident.to !== undefined && ids.includes(incident.to),
  );
  const how =
    named.length === 0 ? "it is only known from a refused message" : `it was only named by others (${numbers(named)})`;
  return finding(named, `No socket ever joined or published as ${label}: ${how}.`);
};

/** Two people who were never in one room at one time have no reason to call each other. */
export const missedRooms = ({ session, from, to }: Inquiry): ReadonlyArray<Finding> => {
  const moves = session.incidents.filter(
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
      : `${label} joined ${listed(own.map((join) => `${roomLabel(session, join.room)} at ${spotted(join)}`))}`;
  });
  return [finding(joins.flat(), `They were never in one room at the same time: ${told.join(", ")}.`)];
};

/** Requests to be let in that did not end in the room. */
export const requestsOf = (session: Session, person: Person): ReadonlyArray<Finding> => {
  const { incidents } = session;
  const isRelay = (incident: Session["incidents"][number]): incident is Relay => incident.kind === "relay";
  const request = incidents.filter(isRelay).findLast((one) => one.role === "request" && isBy(one, person));
  if (request === undefined) return [];
  const ask = `${person.label} asked to join at ${spotted(request)}`;
  const whom = request.to === undefined ? "the host" : labelOf(session, request.to);
  const reply = incidents
    .filter(isRelay)
    .find(
      ({ role, event, to }) =>
        event > request.event &&
        (role === "approval" || role === "rejection") &&
        (to === undefined || person.ids.includes(to)),
    );
  const joined = incidents.find(
    (one) => one.kind === "join" && person.ids.includes(one.user) && one.event > request.event,
  );
  if (joined !== undefined) return [];
  const withdrawal = incidents
    .filter(isRelay)
    .find((one) => one.role === "withdrawal" && one.event > request.event && isBy(one, person));
  if (withdrawal !== undefined)
    return [finding([request, withdrawal], `${ask} and took it back at ${spotted(withdrawal)}.`)];
  if (reply === undefined) {
    const heard =
      request.receivers.length === 0
        ? `, and the request reached nobody: ${whom} was not listening on ${printable(request.channel)}`
        : "";
    return [finding([request], `${ask}, and ${whom} never answered${heard}.`)];
  }
  if (reply.role === "rejection") return [finding([request, reply], `${ask} and was rejected at ${spotted(reply)}.`)];
  const lost = reply.receivers.length === 0 ? ": the approval reached nobody" : "";
  return [finding([request, reply], `${ask} and was approved at ${spotted(reply)}, but never joined${lost}.`)];
};

/** Who went first, while the server was still there, and before `until`. */
export const departure = ({ session, from, to }: Inquiry, until: number): ReadonlyArray<Finding> => {
  const stop = stopOf(session);
  const ends = [from, to].flatMap((person) => {
    const end = endOf(session, person);
    return end === undefined || end.spot.event > stop ? [] : [{ person, ...end }];
  });
  const [first, second] = ends.sort((a, b) => a.spot.event - b.spot.event);
  if (first === undefined || first.spot.event > until) return [];
  const after =
    second === undefined
      ? ""
      : `; ${second.person.label} followed at ${spotted(second.spot)}, ${apart(first.spot, second.spot)} later`;
  return [
    finding(
      [first.spot, ...(second === undefined ? [] : [second.spot])],
      `The first to go was ${first.person.label}, who ${first.text} at ${spotted(first.spot)}${after}.`,
    ),
  ];
};

/** The last time that somebody left a room or lost their last socket, unless they came back. */
const endOf = (
  session: Session,
  { ids, sockets: own }: Person,
): { readonly spot: Spot; readonly text: string } | undefined => {
  const move = session.incidents.findLast(
    (incident): incident is Membership =>
      (incident.kind === "join" || incident.kind === "leave") && ids.includes(incident.user),
  );
  if (move?.kind === "join") return undefined;
  if (move !== undefined) return { spot: move, text: leaving(session, move) };
  const ends = own.map(({ until }) => until);
  const last = ends.every((until) => until !== undefined) ? latest(ends.flatMap((until) => until ?? [])) : undefined;
  return last === undefined ? undefined : { spot: last, text: `disconnected (${closeCode(last.code)})` };
};

const leaving = (session: Session, { room, why: how }: Membership): string => {
  if (how === "removed") return `was removed from room ${roomLabel(session, room)} by the host`;
  return `left room ${roomLabel(session, room)}${how === "disconnected" ? " by disconnecting" : ""}`;
};
