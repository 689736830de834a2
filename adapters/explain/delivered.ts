import type { Lifetime } from "./lifetimes.js";

/*
 * Whether a message to one user reached its recipient, and which answers compete. Decided here for the summary, `--why`, `--ladder` and
 * `--shrink`.
 */

/** The users of a socket, in the whole recording. */
export interface SocketUsers {
  /** The users that it acted for. */
  readonly users: { readonly size: number; readonly has: (user: string) => boolean };
  /** The users that it was refused a room as. */
  readonly claims: { readonly size: number; readonly has: (user: string) => boolean };
}

/** Whom a message is addressed to. */
export interface Addressee {
  /** One for each id that they had, in order. */
  readonly lifetimes: ReadonlyArray<Lifetime>;
  /** Names of this person alone that messages were addressed to as if they were ids. */
  readonly namesUsedAsIds: ReadonlyArray<string>;
}

/** The address of a message: the ids that it is for, and the one that it names, if any. */
export interface Address {
  readonly event: number;
  readonly ids: ReadonlyArray<string>;
  readonly to: string | undefined;
}

/** The receivers of a message that belong to its recipient, and those that never name a user and so may belong to them. */
export interface Reach<S> {
  readonly certain: ReadonlyArray<S>;
  readonly possible: ReadonlyArray<S>;
}

/** Which receivers of a message belong to its addressee; undefined is an addressee that nobody knows. */
export const reachOf = <S extends SocketUsers>(
  receivers: ReadonlyArray<S>,
  { event, ids, to }: Address,
  addressee: Addressee | undefined,
): Reach<S> => {
  const isDead = to !== undefined && addressee !== undefined && isDeadAddress(addressee, to, event);
  return {
    certain: receivers.filter(({ users }) => ids.some((id) => users.has(id))),
    possible: isDead ? [] : receivers.filter((socket) => mayBeOf(socket, ids)),
  };
};

/** The message did not reach its recipient. */
export const isUnheard = ({ certain, possible }: Reach<unknown>): boolean => certain.length + possible.length === 0;

/** A socket that never acts for anybody may be anybody's; if a join as somebody was refused, only theirs. */
const mayBeOf = ({ users, claims }: SocketUsers, ids: ReadonlyArray<string>): boolean =>
  users.size === 0 && (claims.size === 0 || ids.some((id) => claims.has(id)));

/** An id that its owner no longer had when the message was sent, or a name used as an id. No socket can turn out to be its owner. */
const isDeadAddress = ({ lifetimes, namesUsedAsIds }: Addressee, to: string, event: number): boolean => {
  if (namesUsedAsIds.includes(to)) return true;
  const own = lifetimes.findIndex(({ id }) => id === to);
  return own >= 0 && lifetimes.slice(own + 1).some(({ since }) => since !== undefined && since.event < event);
};

/** The owner of each name that only one person has. */
export const ownersOfNames = <P>(
  people: Iterable<P>,
  namesOf: (person: P) => Iterable<string>,
): ReadonlyMap<string, P> => {
  const owners = new Map<string, Set<P>>();
  for (const person of people)
    for (const name of namesOf(person)) owners.set(name, (owners.get(name) ?? new Set()).add(person));
  return new Map(
    [...owners].flatMap(([name, [owner, ...more]]) => (owner && more.length === 0 ? [[name, owner]] : [])),
  );
};

/** Whether an answer competes with an earlier one of the same user to the same offer. Both must have arrived. */
export const isRival = (
  first: { readonly client: number; readonly isConnected: boolean },
  other: { readonly client: number },
): boolean => other.client !== first.client && first.isConnected;
