import { isBy, type Person, roomNamed, userNamed } from "../people.js";
import type { Membership, Recording, Relay } from "../recording.js";
import type { Departure } from "./codes/presence.js";
import { type Finding, finding, type Inquiry, latest, optional, positionOf, stopOf } from "./finding.js";

/** A user whom others addressed and for whom no socket ever acted. */
export const neverSeen = ({ incidents }: Recording, { ids, named }: Person): Finding => {
  const messages = incidents.filter(
    (incident): incident is Relay =>
      incident.kind === "relay" && incident.to !== undefined && ids.includes(incident.to),
  );
  return finding(messages, { code: "never-seen", person: named, named: messages.map(positionOf) });
};

/** The two were never in the same room at the same time, and so had no reason to call each other. */
export const neverTogether = ({ recording, from, to }: Inquiry): ReadonlyArray<Finding> => {
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
  const people = [from, to].map(({ ids, named }) => ({
    person: named,
    joins: moves
      .filter(({ kind, user }) => kind === "join" && ids.includes(user))
      .map((join) => ({ ...positionOf(join), room: roomNamed(recording, join.room) })),
  }));
  return [
    finding(
      people.flatMap(({ joins }) => joins),
      { code: "never-together", people },
    ),
  ];
};

/** A knock that was not followed by a join. */
export const knockWithoutJoin = (recording: Recording, person: Person): ReadonlyArray<Finding> => {
  const { incidents } = recording;
  const relays = incidents.filter((incident): incident is Relay => incident.kind === "relay");
  const knock = relays.findLast((one) => one.signalKind === "knock" && isBy(one, person));
  if (knock === undefined) return [];
  const isLater = ({ event }: { readonly event: number }): boolean => event > knock.event;
  if (incidents.some((one) => one.kind === "join" && person.ids.includes(one.user) && isLater(one))) return [];
  const withdrawal = relays.find((one) => one.signalKind === "withdraw" && isLater(one) && isBy(one, person));
  const reply = relays.find(
    (one) =>
      isLater(one) &&
      (one.signalKind === "admit" || one.signalKind === "deny") &&
      (one.to === undefined || person.ids.includes(one.to)),
  );
  const end = withdrawal ?? reply;
  return [
    finding(end === undefined ? [knock] : [knock, end], {
      code: "knock-without-join",
      outcome: outcomeOf(end),
      person: person.named,
      knock: { ...positionOf(knock), channel: knock.channel },
      ...optional("host", knock.to === undefined ? undefined : userNamed(recording, knock.to)),
      ...optional("reply", end && positionOf(end)),
      isUnheard: (end ?? knock).receivers.length === 0,
    }),
  ];
};

const outcomeOf = (end: Relay | undefined): Extract<Finding, { readonly code: "knock-without-join" }>["outcome"] => {
  if (end === undefined) return "unanswered";
  if (end.signalKind === "withdraw") return "withdrawn";
  return end.signalKind === "deny" ? "denied" : "admitted";
};

/** Who left first, before event `until`, while the server was running. */
export const firstToGo = ({ recording, from, to }: Inquiry, until: number): ReadonlyArray<Finding> => {
  const stop = stopOf(recording);
  const ends = [from, to].flatMap((person) => {
    const end = endOf(recording, person);
    return end === undefined || end.event > stop ? [] : [{ person: person.named, end }];
  });
  const [first, second] = ends.sort((a, b) => a.end.event - b.end.event);
  if (first === undefined || first.end.event > until) return [];
  return [
    finding([first.end, ...(second === undefined ? [] : [second.end])], {
      code: "first-to-go",
      person: first.person,
      departure: first.end,
      ...optional("second", second && { ...positionOf(second.end), person: second.person }),
    }),
  ];
};

/** The last time that somebody left a room or lost their last socket, unless they came back. */
const endOf = (recording: Recording, { ids, sockets: own }: Person): Departure | undefined => {
  const move = recording.incidents.findLast(
    (incident): incident is Membership =>
      (incident.kind === "join" || incident.kind === "leave") && ids.includes(incident.user),
  );
  if (move?.kind === "join") return undefined;
  if (move !== undefined) return { ...positionOf(move), reason: move.reason, room: roomNamed(recording, move.room) };
  const ends = own.map(({ until }) => until);
  const last = ends.every((until) => until !== undefined) ? latest(ends.flatMap((until) => until ?? [])) : undefined;
  return last === undefined ? undefined : { ...positionOf(last), reason: "socket closed", code: last.code };
};

/** A person came back under another id. Of many times, the last few. */
export const changedIds = ({ lifetimes, named }: Person): ReadonlyArray<Finding> =>
  lifetimes.slice(-3).flatMap((lifetime, i, last) => {
    const old = last[i - 1] ?? lifetimes[lifetimes.indexOf(lifetime) - 1];
    if (old?.until === undefined || lifetime.since === undefined) return [];
    return [
      finding([old.until, lifetime.since], {
        code: "changed-id",
        person: named,
        former: old.id,
        ended: positionOf(old.until),
        current: lifetime.id,
        renewed: lifetime.since,
      }),
    ];
  });
