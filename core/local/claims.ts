import * as O from "fp-ts/lib/Option.js";
import type { ClientId, SessionId, UserId } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import { clientWith, withLocal } from "../replace.js";
import { type Client, isObserver, type State, usersOf } from "../state.js";
import type { Step } from "../step.js";

/**
 * The client acts for the user from now on, until it disconnects: it says so itself. With the first user it stops being an observer;
 * with one more than are remembered it becomes one again, for good.
 */
export const claim =
  (user: UserId) =>
  (me: Client): Step =>
  (state) => {
    const { clientUsersMax } = state.shared.settings.limits;
    if (me.claimed.includes(user) || me.claimed.length > clientUsersMax) return [state, []];
    const known: Client = clientWith(me, { claimed: [...me.claimed, user] });
    const { clients, claimants } = state.local;
    let { observers } = state.local;
    if (isObserver(state, known) !== isObserver(state, me))
      for (const channel of me.channels)
        observers = isObserver(state, known)
          ? Multimap.add(observers, channel, me.id)
          : Multimap.remove(observers, channel, me.id);
    return [
      withLocal(state, {
        clients: Table.set(clients, me.id, known),
        claimants: Multimap.add(claimants, user, me.id),
        observers,
      }),
      [],
    ];
  };

/** Of a client that disconnects. */
export const forgetAllOf =
  (me: Client): Step =>
  (state) => {
    let { claimants } = state.local;
    for (const user of usersOf(me)) claimants = Multimap.remove(claimants, user, me.id);
    return [withLocal(state, { claimants }), []];
  };

/**
 * Whether somebody is verified: with a session that can be resumed, since its user is of a token or made by the server; or on a server
 * that asks for tokens, where every client has shown one. `client` is who asked, `session` the one that it was about, if that is another.
 */
export const isVerified = ({ shared, local }: State, client: ClientId | undefined, session?: SessionId): boolean => {
  const known = client === undefined ? undefined : Table.get(local.clients, client);
  const about = session ?? known?.session;
  const present = about === undefined ? undefined : Table.get(shared.sessions, about);
  const member = present?.member ?? known?.member ?? O.none;
  return O.isSome(member) || O.isSome(known?.token ?? O.none);
};

/** The user that a client is, or else the first that it has claimed to be. Undefined for one that is gone, or has named none. */
export const userOf = ({ local }: State, client: ClientId): UserId | undefined => {
  const me = Table.get(local.clients, client);
  return me === undefined ? undefined : (O.toUndefined(me.verified) ?? me.claimed[0]);
};

/** Undefined for a session that has no user of its own, or is over. */
export const userOfSession = ({ shared }: State, session: SessionId): UserId | undefined => {
  const { member = O.none } = Table.get(shared.sessions, session) ?? {};
  return O.isSome(member) ? member.value.user : undefined;
};
