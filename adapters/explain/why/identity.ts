import { isBy, type Person, roomNamed, userNamed } from "../people.js";
import type { Membership, Recording, Relay } from "../recording.js";
import { type Finding, finding, type Inquiry, optional, positionOf } from "./finding.js";

const movesOf = ({ incidents }: Recording, ids: ReadonlyArray<string>): ReadonlyArray<Membership> =>
  incidents.filter((one): one is Membership => (one.kind === "join" || one.kind === "leave") && ids.includes(one.user));

/** Somebody lost their place with their socket, came back on another, and did not join again: they are in no list. */
export const notJoinedAgain = (recording: Recording, { ids, named, sockets }: Person): ReadonlyArray<Finding> => {
  const left = movesOf(recording, ids).at(-1);
  if (left?.kind !== "leave" || (left.reason !== "disconnected" && left.reason !== "lost")) return [];
  const back = sockets.find(
    ({ since, users }) =>
      since.event > left.event && [...users.values()].some(({ event }) => event > left.event && event >= since.event),
  );
  if (back === undefined) return [];
  const acted = recording.incidents.filter(
    (one): one is Relay => one.kind === "relay" && one.client === back.id && one.event > left.event,
  );
  return [
    finding([left, back.since, ...acted.slice(0, 1)], {
      code: "not-joined-again",
      person: named,
      room: roomNamed(recording, left.room),
      left: positionOf(left),
      back: { ...positionOf(back.since), socket: back.id },
      ...optional("acted", acted[0] && positionOf(acted[0])),
    }),
  ];
};

/** Two people of one name were in one room at once, and only the other one was ever called. */
export const namesakeCalled = ({ recording, people, from, to, signals }: Inquiry): ReadonlyArray<Finding> => {
  if (signals.some(({ signalKind, sender }) => signalKind === "offer" && sender === from)) return [];
  return people.flatMap((other) => {
    if (other === to || other === from || other.named.name !== to.named.name) return [];
    const room = roomInCommon(recording, to, other);
    const offers = recording.incidents.filter(
      (one): one is Relay =>
        one.kind === "relay" &&
        one.signalKind === "offer" &&
        one.to !== undefined &&
        other.ids.includes(one.to) &&
        isBy(one, from),
    );
    if (room === undefined || offers.length === 0) return [];
    return [
      finding(offers, {
        code: "namesake-called",
        from: from.named,
        called: other.named,
        notCalled: to.named,
        room: roomNamed(recording, room),
        offers: offers.map(positionOf),
      }),
    ];
  });
};

/** A room that both were in at the same time. */
const roomInCommon = ({ incidents }: Recording, a: Person, b: Person): string | undefined => {
  const there = new Map<string, Set<string>>();
  for (const one of incidents) {
    if (one.kind !== "join" && one.kind !== "leave") continue;
    const users = there.get(one.room) ?? new Set<string>();
    there.set(one.room, users);
    if (one.kind === "leave") users.delete(one.user);
    else users.add(one.user);
    if ([a, b].every(({ ids }) => ids.some((id) => users.has(id)))) return one.room;
  }
  return undefined;
};

/** On one socket, somebody asked to be let in as one user and joined as another. */
export const askedAsAnother = (recording: Recording, { ids, sockets }: Person): ReadonlyArray<Finding> =>
  sockets.flatMap(({ id: socket }) => {
    const knock = recording.incidents.find(
      (one): one is Relay => one.kind === "relay" && one.signalKind === "knock" && one.client === socket,
    );
    const asked = knock?.from;
    if (knock === undefined || asked === undefined) return [];
    const acting = recording.sockets.get(socket)?.users ?? new Map<string, never>();
    const join = recording.incidents.find(
      (one): one is Membership =>
        one.kind === "join" && one.user !== asked && one.event > knock.event && acting.has(one.user),
    );
    if (join === undefined || !(ids.includes(asked) || ids.includes(join.user))) return [];
    return [
      finding([knock, join], {
        code: "asked-as-another",
        socket,
        asked: userNamed(recording, asked),
        joined: userNamed(recording, join.user),
        knock: positionOf(knock),
        join: { ...positionOf(join), room: roomNamed(recording, join.room) },
      }),
    ];
  });
