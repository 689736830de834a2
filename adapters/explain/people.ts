import type { ClientId } from "../../core/index.js";
import { type Addressee, ownersOfNames } from "./delivered.js";
import { lifetimesByPerson, lifetimesOf } from "./lifetimes.js";
import type { Position, Recording, Relay, Socket } from "./recording.js";
import type { Named, SocketOwner } from "./who.js";

/** A person in a recording, with every socket that ever acted for them. */
export interface Person extends Addressee {
  /** The id that they had last. */
  readonly id: string;
  /** All their ids, in the order in which they had them: a page that is reloaded may come back as somebody else. */
  readonly ids: ReadonlyArray<string>;
  /** The id and the name that they had last. */
  readonly named: Named;
  readonly sockets: ReadonlyArray<Socket>;
}

/** A user, with the name last announced. */
export const userNamed = ({ names }: Pick<Recording, "names">, id: string): Named => ({
  id,
  name: names.get(id) ?? id,
});

/** A room, with the name that it had last. */
export const roomNamed = ({ rooms }: Recording, id: string): Named => ({
  id,
  name: rooms.findLast((room) => room.id === id)?.name ?? id,
});

/** The users of a socket in the whole recording, and whether the server knew of one by then. */
export const ownerOf = (recording: Recording, socket: ClientId, { event }: Position): SocketOwner => {
  const { users = new Map<string, Position>(), claims = [] } = recording.sockets.get(socket) ?? {};
  return {
    socket,
    users: [...users.keys()].map((id) => userNamed(recording, id)),
    claims: [...claims].map((id) => userNamed(recording, id)),
    isKnown: [...users.values()].some((since) => since.event <= event),
  };
};

/** Everybody who acted for somebody or was addressed, each person once. */
export const peopleOf = (recording: Recording): ReadonlyArray<Person> => {
  const claims = new Set([...recording.sockets.values()].flatMap((socket) => [...socket.claims]));
  const wasSeen = ({ id, sockets }: Person): boolean => sockets.length > 0 || claims.has(id);
  const people = peopleById(recording);
  const owners = ownersOfNames(people.filter(wasSeen), ({ ids }) => ids.map((id) => userNamed(recording, id).name));
  const namesUsedAsIds = new Map<Person, string[]>();
  const others = people.filter((person) => {
    const owner = wasSeen(person) ? undefined : owners.get(person.id);
    if (owner === undefined) return true;
    namesUsedAsIds.set(owner, [...(namesUsedAsIds.get(owner) ?? []), person.id]);
    return false;
  });
  return others.map((person) => ({ ...person, namesUsedAsIds: namesUsedAsIds.get(person) ?? [] }));
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
    const { id = "" } = lifetimes.at(-1) ?? {};
    const sockets = new Set(lifetimes.flatMap((lifetime) => acting.get(lifetime.id) ?? []));
    return {
      id,
      ids: lifetimes.map((lifetime) => lifetime.id),
      namesUsedAsIds: [],
      lifetimes,
      named: userNamed(recording, id),
      sockets: [...sockets],
    };
  });
};

/** Whether a message to this id is for somebody. */
export const isNamed = (user: string, { ids, namesUsedAsIds }: Person): boolean =>
  ids.includes(user) || namesUsedAsIds.includes(user);

/** Whether a message is from somebody. One that names no sender is from the users that its socket acts for. */
export const isBy = ({ client, from }: Pick<Relay, "client" | "from">, { ids, sockets }: Person): boolean =>
  from === undefined ? sockets.some((socket) => socket.id === client) : ids.includes(from);
