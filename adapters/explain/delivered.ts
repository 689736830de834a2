import type { Lifetime } from "./lifetimes.js";

/*
 * Whom a message for one user reached, and when an answer is one too many. Decided here for the summary, `--why`, `--ladder` and `--shrink`.
 */

/** Whose a socket is, as the whole recording tells. */
export interface SocketUsers {
  /** Whom it acted for. */
  readonly users: { readonly size: number; readonly has: (user: string) => boolean };
  /** As whom it was refused a room. */
  readonly claims: { readonly size: number; readonly has: (user: string) => boolean };
}

/** Whom a message is addressed to. */
export interface Addressee {
  /** One for each id that they had, in order. */
  readonly lifetimes: ReadonlyArray<Lifetime>;
  /** Words that messages were addressed to as if they were ids: they are nobody's id, and the name of this person alone. */
  readonly namesUsedAsIds: ReadonlyArray<string>;
}

/** What the server was asked to deliver: the ids that it is for, and the id that it names, if any. */
export interface Address {
  readonly event: number;
  readonly ids: ReadonlyArray<string>;
  readonly to: string | undefined;
}

/** The sockets that got a message and are those of whom it is for, and those that never say who they are and so may be. */
export interface Reach<S> {
  readonly certain: ReadonlyArray<S>;
  readonly possible: ReadonlyArray<S>;
}

/** Whom a message reached, of those who got it. An addressee is undefined where nobody is known by that id. */
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

/** The message reached nobody that it was meant for. */
export const isUnheard = ({ certain, possible }: Reach<unknown>): boolean => certain.length + possible.length === 0;

/** A socket that never acts for anybody may be anybody's; one that was refused as somebody is theirs, if anybody's. */
const mayBeOf = ({ users, claims }: SocketUsers, ids: ReadonlyArray<string>): boolean =>
  users.size === 0 && (claims.size === 0 || ids.some((id) => claims.has(id)));

/** An id that its owner had given up when the message was sent, or a name that was taken for an id: no socket will turn out to be its. */
const isDeadAddress = ({ lifetimes, namesUsedAsIds }: Addressee, to: string, event: number): boolean => {
  if (namesUsedAsIds.includes(to)) return true;
  const own = lifetimes.findIndex(({ id }) => id === to);
  return own >= 0 && lifetimes.slice(own + 1).some(({ since }) => since !== undefined && since.event < event);
};

/** For each name the one who has it; a name that several have tells nothing. */
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

/**
 * Whether an answer competes with an earlier one of the same user to the same offer: it comes from another socket, and the first
 * socket is still there. Only answers that arrived count.
 */
export const isRival = (
  first: { readonly client: number; readonly isConnected: boolean },
  other: { readonly client: number },
): boolean => other.client !== first.client && first.isConnected;
