import type { Session, Socket, Spot } from "./recording.js";

/** What tells whether two ids are one person's. */
export interface Life {
  readonly id: string;
  readonly name: string;
  readonly rooms: ReadonlySet<string>;
  /** When it was first acted for; not of somebody who was only named. */
  readonly since: Spot | undefined;
  /** The end of the last socket that acted for it, unless it was there to the end. */
  readonly until: Socket["until"];
}

/** How long an old id may overlap a new one: a socket that was lost is cut off some seconds after the page has come back. */
const overlapMsMax = 15_000;

/**
 * The ids of each person, in the order in which they had them: ids of one name in one room, one gone as the next came, are taken to be one
 * person's, whose page was reloaded.
 */
export const chained = (lives: Iterable<Life>): ReadonlyArray<ReadonlyArray<Life>> => {
  const chains: Life[][] = [];
  const byName = new Map<string, Life[][]>();
  for (const life of [...lives].sort((a, b) => (a.since?.event ?? 0) - (b.since?.event ?? 0))) {
    const namesakes = byName.get(life.name) ?? [];
    byName.set(life.name, namesakes);
    const chain = namesakes.find((others) => follows(others.at(-1), life));
    if (chain !== undefined) chain.push(life);
    else {
      const begun = [life];
      namesakes.push(begun);
      chains.push(begun);
    }
  }
  return chains;
};

/** A page that goes says so before it comes back; of one that is lost the server learns later. */
const follows = (old: Life | undefined, life: Life): boolean => {
  if (old?.until === undefined || life.since === undefined || life.name === life.id) return false;
  if (![...old.rooms].some((room) => life.rooms.has(room))) return false;
  if (old.until.event < life.since.event) return true;
  return old.until.code === 1006 && old.until.at <= life.since.at + overlapMsMax;
};

/** The lives of all who acted or were addressed. Sockets that the end of the server took with it were there to the end. */
export const livesOf = ({ names, sockets, incidents }: Session): ReadonlyMap<string, Life> => {
  const stop = incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
  const lives = new Map<string, { -readonly [K in keyof Life]: Life[K] } & { readonly rooms: Set<string> }>();
  for (const [id, name] of names) lives.set(id, { id, name, rooms: new Set(), since: undefined, until: undefined });
  const there = new Set<string>();
  for (const { users, until } of sockets.values())
    for (const [user, spot] of users) {
      const life = lives.get(user);
      if (life === undefined) continue;
      if (life.since === undefined || spot.event < life.since.event) life.since = spot;
      if (until === undefined || until.event > stop) there.add(user);
      else if (life.until === undefined || until.event > life.until.event) life.until = until;
    }
  for (const user of there) {
    const life = lives.get(user);
    if (life !== undefined) life.until = undefined;
  }
  for (const one of incidents) if (one.kind === "join") lives.get(one.user)?.rooms.add(one.room);
  return lives;
};
