import type { ClientId } from "../../core/index.js";
import { printable } from "../observe/printable.js";
import { type Lifetime, lifetimesByPerson, lifetimesOf } from "./lifetimes.js";
import type { Position, Recording, Relay, Socket } from "./recording.js";

/** Somebody in a recording, with every socket that ever acted for them. */
export interface Person {
  /** The id that they had last. */
  readonly id: string;
  /** All their ids, in the order in which they had them: a page that is reloaded may come back as somebody else. */
  readonly ids: ReadonlyArray<string>;
  /** Words that messages were addressed to as if they were ids; they are nobody's, but the name of this person and of no other. */
  readonly misnomers: ReadonlyArray<string>;
  /** One for each id. */
  readonly lifetimes: ReadonlyArray<Lifetime>;
  readonly name: string;
  /** The name and, where it says something else, the id. */
  readonly label: string;
  readonly sockets: ReadonlyArray<Socket>;
}

export const labelOf = ({ names }: Pick<Recording, "names">, id: string): string => {
  const name = names.get(id) ?? id;
  return name === id ? printable(id) : `${printable(name)} (${printable(id)})`;
};

/** The name that a room had last. */
export const roomName = ({ rooms }: Recording, id: string): string =>
  rooms.findLast((room) => room.id === id)?.name ?? id;

/** A room's name and, where it says something else, its id. */
export const roomLabel = (recording: Recording, id: string): string => {
  const name = roomName(recording, id);
  return name === id ? printable(id) : `${printable(name)} (${printable(id)})`;
};

/** `socket 24, which had not said yet that it is Olga (u7)` */
export const whoseIs = (recording: Recording, id: ClientId, { event }: Position): string => {
  const socket = recording.sockets.get(id);
  const users = [...(socket?.users ?? [])];
  const claims = [...(socket?.claims ?? [])].map((user) => labelOf(recording, user)).join(", ");
  if (users.length === 0)
    return `socket ${id}, which ${claims === "" ? "never said who it is" : `was refused as ${claims}`}`;
  const labels = users.map(([user]) => labelOf(recording, user)).join(", ");
  const isKnown = users.some(([, since]) => since.event <= event);
  return isKnown ? `socket ${id} of ${labels}` : `socket ${id}, which had not said yet that it is ${labels}`;
};

/** Everybody who acted or was addressed. */
export const peopleOf = (recording: Recording): ReadonlyArray<Person> => {
  const claims = new Set([...recording.sockets.values()].flatMap((socket) => [...socket.claims]));
  const isNobody = ({ id, sockets }: Person): boolean => sockets.length === 0 && !claims.has(id);
  const people = peopleById(recording);
  const owners = new Map<string, Set<Person>>();
  for (const person of people)
    for (const id of isNobody(person) ? [] : person.ids) {
      const name = recording.names.get(id) ?? id;
      owners.set(name, (owners.get(name) ?? new Set()).add(person));
    }
  const misnomers = new Map<Person, string[]>();
  const others = people.filter((person) => {
    const [owner, ...more] = isNobody(person) ? (owners.get(person.id) ?? []) : [];
    if (owner === undefined || more.length > 0) return true;
    misnomers.set(owner, [...(misnomers.get(owner) ?? []), person.id]);
    return false;
  });
  return others.map((person) => ({ ...person, misnomers: misnomers.get(person) ?? [] }));
};

const peopleById = (recording: Recording): ReadonlyArray<Person> => {
  const acting = new Map<string, Socket[]>();
  for (const socket of recording.sockets.values())
    for (const user of socket.users.keys()) {
      const sockets = acting.get(user);
      if (sockets === undefined) acting.set(user, [socket]);
      else sockets.push(socket);
    }
  return lifetimesByPerson(lifetimesOf(recording).values()).map((lifetimes) => {
    const { id, name } = lifetimes.at(-1) ?? { id: "", name: "" };
    const sockets = new Set(lifetimes.flatMap((lifetime) => acting.get(lifetime.id) ?? []));
    return {
      id,
      ids: lifetimes.map((lifetime) => lifetime.id),
      misnomers: [],
      lifetimes,
      name: printable(name),
      label: labelOf(recording, id),
      sockets: [...sockets],
    };
  });
};

/** Whether a message that names this user is for somebody. */
export const isNamed = (user: string, { ids, misnomers }: Person): boolean =>
  ids.includes(user) || misnomers.includes(user);

/** A message without `fromUserId` is from whomever its socket acts for. */
export const isBy = ({ client, from }: Pick<Relay, "client" | "from">, { ids, sockets }: Person): boolean =>
  from === undefined ? sockets.some((socket) => socket.id === client) : ids.includes(from);
