import type { Position, Recording, Socket } from "./recording.js";

/** The time that somebody had an id, with what tells whether another id is the same person's. */
export interface Lifetime {
  readonly id: string;
  readonly name: string;
  readonly rooms: ReadonlySet<string>;
  /** When a socket first acted for it; undefined if it was only addressed or refused. */
  readonly since: Position | undefined;
  /** The end of the last socket that acted for it; undefined if one stayed to the end. */
  readonly until: Socket["until"];
}

/** How long an old id may overlap a new one: a lost socket is cut off some seconds after the page has come back. */
const overlapMsMax = 15_000;

/**
 * The ids of each person, in order. Ids of the same name in the same room, of which one ended as the next began, are taken to belong to one
 * person whose page was reloaded.
 */
export const lifetimesByPerson = (lifetimes: Iterable<Lifetime>): ReadonlyArray<ReadonlyArray<Lifetime>> => {
  const chains: Lifetime[][] = [];
  const byName = new Map<string, Lifetime[][]>();
  for (const lifetime of [...lifetimes].sort((a, b) => (a.since?.event ?? 0) - (b.since?.event ?? 0))) {
    const namesakes = byName.get(lifetime.name) ?? [];
    byName.set(lifetime.name, namesakes);
    const chain = namesakes.find((others) => follows(others.at(-1), lifetime));
    if (chain !== undefined) chain.push(lifetime);
    else {
      const begun = [lifetime];
      namesakes.push(begun);
      chains.push(begun);
    }
  }
  return chains;
};

/** A page that is closed disconnects before it comes back. One that is lost (1006) is noticed only later. */
const follows = (old: Lifetime | undefined, lifetime: Lifetime): boolean => {
  if (old?.until === undefined || lifetime.since === undefined || lifetime.name === lifetime.id) return false;
  if (![...old.rooms].some((room) => lifetime.rooms.has(room))) return false;
  if (old.until.event < lifetime.since.event) return true;
  return old.until.code === 1006 && old.until.at <= lifetime.since.at + overlapMsMax;
};

/** The lifetimes of all ids, by id. A socket that was ended by the end of the server counts as there to the end. */
export const lifetimesOf = ({ names, sockets, incidents }: Recording): ReadonlyMap<string, Lifetime> => {
  const stop = incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
  const lifetimes = new Map<
    string,
    { -readonly [K in keyof Lifetime]: Lifetime[K] } & { readonly rooms: Set<string> }
  >();
  for (const [id, name] of names) lifetimes.set(id, { id, name, rooms: new Set(), since: undefined, until: undefined });
  const there = new Set<string>();
  for (const { users, until } of sockets.values())
    for (const [user, position] of users) {
      const lifetime = lifetimes.get(user);
      if (lifetime === undefined) continue;
      if (lifetime.since === undefined || position.event < lifetime.since.event) lifetime.since = position;
      if (until === undefined || until.event > stop) there.add(user);
      else if (lifetime.until === undefined || until.event > lifetime.until.event) lifetime.until = until;
    }
  for (const user of there) {
    const lifetime = lifetimes.get(user);
    if (lifetime !== undefined) lifetime.until = undefined;
  }
  for (const one of incidents) if (one.kind === "join") lifetimes.get(one.user)?.rooms.add(one.room);
  return lifetimes;
};
