import type { Lifetime } from "./lifetimes.js";

/*
 * Whether a message for a user was heard, and when an answer is one too many: decided here for the summary, `--why` and `--shrink`.
 */

/** What a recording tells of whose a socket is, from its start to its end. */
export interface SocketUsers {
  readonly users: { readonly size: number; readonly has: (user: string) => boolean };
  /** As whom it was refused a room. */
  readonly claims: { readonly size: number; readonly has: (user: string) => boolean };
}

/** The socket acted for one of these ids. */
export const isOf = ({ users }: SocketUsers, ids: ReadonlyArray<string>): boolean => ids.some((id) => users.has(id));

/** It never acted for anybody, and so may be anybody's; one that was refused as somebody is theirs, if anybody's. */
export const mayBeOf = ({ users, claims }: SocketUsers, ids: ReadonlyArray<string>): boolean =>
  users.size === 0 && (claims.size === 0 || ids.some((id) => claims.has(id)));

/** Whether somebody had already taken another id when a message for this one was sent. Takes their lifetimes in order. */
export const isFormerId = (lifetimes: ReadonlyArray<Lifetime>, id: string, event: number): boolean => {
  const at = lifetimes.findIndex((lifetime) => lifetime.id === id);
  return at >= 0 && lifetimes.slice(at + 1).some(({ since }) => since !== undefined && since.event < event);
};

/**
 * Whether an answer competes with an earlier one of the same user to the same offer: it comes from another socket, arrives, and the
 * first socket is still there.
 */
export const isRival = (
  first: { readonly client: number; readonly isConnected: boolean },
  other: { readonly client: number; readonly isDelivered: boolean },
): boolean => other.client !== first.client && other.isDelivered && first.isConnected;
