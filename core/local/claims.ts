import type { UserId } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import { clientWith, withLocal } from "../replace.js";
import { type Client, isObserver, usersOf } from "../state.js";
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
