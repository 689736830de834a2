import type { UserId } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import { type Client, isObserver } from "../state.js";
import type { Step } from "../step.js";

/**
 * The client is known to act for the user from now on, until it disconnects. With the first user it stops being an observer; with
 * one more than are remembered it becomes one again, for good.
 */
export const learn =
  (user: UserId) =>
  (me: Client): Step =>
  (state) => {
    if (me.users.includes(user) || me.users.length > state.settings.limits.clientUsersMax) return [state, []];
    const wiser: Client = { ...me, users: [...me.users, user] };
    let { observers } = state;
    if (isObserver(state, wiser) !== isObserver(state, me))
      for (const channel of me.channels)
        observers = isObserver(state, wiser)
          ? Multimap.add(observers, channel, me.id)
          : Multimap.remove(observers, channel, me.id);
    return [
      {
        ...state,
        clients: Table.set(state.clients, me.id, wiser),
        actors: Multimap.add(state.actors, user, me.id),
        observers,
      },
      [],
    ];
  };

/** Of a client that disconnects. */
export const forgetAllOf =
  (me: Client): Step =>
  (state) => {
    let { actors } = state;
    for (const user of me.users) actors = Multimap.remove(actors, user, me.id);
    return [{ ...state, actors }, []];
  };
