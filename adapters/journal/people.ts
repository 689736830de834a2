import { plain } from "../plain.js";
import type { Relay, Session, Socket, Spot } from "./exchange.js";

/** Somebody in a recording, with every socket that ever acted for them. */
export interface Person {
  /** The id that they had last. */
  readonly id: string;
  /** All their ids, in the order in which they had them: a page that is reloaded may come back as somebody else. */
  readonly ids: ReadonlyArray<string>;
  readonly name: string;
  /** The name and, where it says something else, the id. */
  readonly label: string;
  readonly sockets: ReadonlyArray<Socket>;
}

/** How long an old id may overlap a new one: a socket that was lost is cut off some seconds after the page has come back. */
const overlapMsMax = 15_000;

export const labelOf = ({ names }: Session, id: string): string => {
  const name = names.get(id) ?? id;
  return name === id ? plain(id) : `${plain(name)} (${plain(id)})`;
};

/** A room's name and, where it says something else, its id. */
export const roomLabel = ({ rooms }: Session, id: string): string => {
  const name = rooms.findLast((room) => room.id === id)?.name ?? id;
  return name === id ? plain(id) : `${plain(name)} (${plain(id)})`;
};

/** When an id was first and last acted for; somebody who is there to the end has no `until`. */
export const lifeOf = (
  { sockets }: Session,
  id: string,
): { readonly since: Spot | undefined; readonly until: Socket["until"] } => {
  const own = [...sockets.values()].filter(({ users }) => users.has(id));
  const known = own.flatMap(({ users }) => users.get(id) ?? []).sort((a, b) => a.event - b.event);
  const ends = own.flatMap(({ until }) => until ?? []).sort((a, b) => b.event - a.event);
  return { since: known[0], until: ends.length === own.length ? ends[0] : undefined };
};

/** Everybody who acted or was addressed. Ids of one name in one room, one gone as the next came, are taken to be one person. */
export const peopleOf = (session: Session): ReadonlyArray<Person> => {
  const lives = [...session.names.keys()]
    .map((id) => ({ id, ...lifeOf(session, id) }))
    .sort((a, b) => (a.since?.event ?? 0) - (b.since?.event ?? 0));
  const roomsOf = roomsByUser(session);
  const chains: Array<typeof lives> = [];
  for (const life of lives) {
    const chain = chains.find((others) => {
      const last = others.at(-1);
      return (
        last !== undefined &&
        isSame(session, last.id, life.id) &&
        isAfter(session, last, life) &&
        meet(roomsOf, last, life)
      );
    });
    if (chain === undefined) chains.push([life]);
    else chain.push(life);
  }
  return chains.map((chain) =>
    personWith(
      session,
      chain.map(({ id }) => id),
    ),
  );
};

type Life = ReturnType<typeof lifeOf> & { readonly id: string };

const isSame = ({ names }: Session, a: string, b: string): boolean =>
  names.get(a) === names.get(b) && names.get(a) !== a;

/** A page that goes says so before it comes back; of one that is lost the server learns later. */
const isAfter = ({ incidents }: Session, { until }: Life, { since }: Life): boolean => {
  if (until === undefined || since === undefined) return false;
  if (until.event < since.event) return true;
  const stop = incidents.find(({ kind }) => kind === "stop")?.event ?? until.event + 1;
  return until.code === 1006 && until.event < stop && until.at <= since.at + overlapMsMax;
};

const meet = (roomsOf: ReadonlyMap<string, ReadonlySet<string>>, a: Life, b: Life): boolean =>
  [...(roomsOf.get(a.id) ?? [])].some((room) => roomsOf.get(b.id)?.has(room));

const roomsByUser = ({ incidents }: Session): ReadonlyMap<string, ReadonlySet<string>> => {
  const rooms = new Map<string, Set<string>>();
  for (const incident of incidents)
    if (incident.kind === "join") rooms.set(incident.user, (rooms.get(incident.user) ?? new Set()).add(incident.room));
  return rooms;
};

const personWith = (session: Session, ids: ReadonlyArray<string>): Person => {
  const id = ids.at(-1) ?? "";
  return {
    id,
    ids,
    name: plain(session.names.get(id) ?? id),
    label: labelOf(session, id),
    sockets: [...session.sockets.values()].filter(({ users }) => ids.some((own) => users.has(own))),
  };
};

/** A message without `fromUserId` is from whomever its socket acts for. */
export const isBy = ({ client, from }: Pick<Relay, "client" | "from">, { ids, sockets }: Person): boolean =>
  from === undefined ? sockets.some((socket) => socket.id === client) : ids.includes(from);

/** A word that names nobody, and no room, of the recording. */
export class NameError extends Error {}

/**
 * All whom a word may mean: an id, a name, or both as they are printed; whatever the case, where only one is meant then. A word that means
 * nobody is refused, with those that it might have meant.
 */
export const peopleNamed = (session: Session, people: ReadonlyArray<Person>, word: string): ReadonlyArray<Person> => {
  const found = peopleMeant(session, people, word);
  if (found.length > 0) return found;
  throw unknown(
    word,
    people.map(({ label }) => label),
    "neither as an id nor as a name",
  );
};

/** The ids of the rooms that a word may mean, in the same ways. */
export const roomsNamed = (session: Session, word: string): ReadonlyArray<string> => {
  const [, , printed] = /^(.*) \((.+)\)$/.exec(word) ?? [];
  const asked = session.incidents.flatMap((one) => (one.kind === "refusal" ? (one.where ?? []) : []));
  const rooms = [...session.rooms, ...asked.map((id) => ({ id, name: id }))];
  const lower = word.toLowerCase();
  const ways: ReadonlyArray<(room: { readonly id: string; readonly name: string }) => boolean> = [
    ({ id }) => id === word || id === printed,
    ({ name }) => name === word,
    ({ id, name }) => [id, name].some((text) => text.toLowerCase() === lower),
  ];
  for (const way of ways) {
    const ids = [...new Set(rooms.filter(way).map(({ id }) => id))];
    if (ids.length > 0) return ids;
  }
  throw unknown(
    word,
    rooms.map(({ id }) => roomLabel(session, id)),
    "as a room",
  );
};

const knownMax = 8;

const unknown = (word: string, known: Iterable<string>, how: string): NameError => {
  const nearest = nearestTo(word, known);
  const more = nearest.length > knownMax ? ` and ${nearest.length - knownMax} more` : "";
  const others = nearest.length === 0 ? "there are none" : `there are ${nearest.slice(0, knownMax).join(", ")}${more}`;
  return new NameError(`${plain(word)} was never seen in this recording, ${how}; ${others}.`);
};

const peopleMeant = ({ names }: Session, people: ReadonlyArray<Person>, word: string): ReadonlyArray<Person> => {
  const [, , printed] = /^(.*) \((.+)\)$/.exec(word) ?? [];
  for (const id of [word, printed]) {
    const found = id === undefined || !names.has(id) ? [] : people.filter(({ ids }) => ids.includes(id));
    if (found.length > 0) return found;
  }
  const isNamed = (ids: ReadonlyArray<string>, isIt: (text: string) => boolean): boolean =>
    ids.some((id) => isIt(names.get(id) ?? id));
  const exact = people.filter(({ ids }) => isNamed(ids, (name) => name === word));
  if (exact.length > 0) return exact;
  const lower = word.toLowerCase();
  const alike = people.filter(({ ids }) =>
    [...ids, ...ids.map((id) => names.get(id) ?? id)].some((text) => text.toLowerCase() === lower),
  );
  const spellings = new Set(alike.map(({ ids }) => names.get(ids.at(-1) ?? "")));
  return spellings.size === 1 ? alike : [];
};

/** The words that are known, the most similar to the asked one first. */
const nearestTo = (word: string, known: Iterable<string>): ReadonlyArray<string> => {
  const lower = word.toLowerCase();
  const distance = (text: string): number => {
    const name = text.replace(/ \(.*\)$/, "");
    return Math.min(...[text, name].map((one) => editsBetween(one.toLowerCase(), lower)));
  };
  return [...new Set(known)]
    .map((text) => ({ text, edits: distance(text) }))
    .sort((a, b) => a.edits - b.edits)
    .map(({ text }) => text);
};

/** Levenshtein's distance, of texts that are not long. */
const editsBetween = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
};
