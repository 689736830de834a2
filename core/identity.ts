import type { ClientDisconnected } from "./event.js";
import type { ClientId, UserId } from "./id.js";
import * as Relation from "./relation.js";
import { isObserver, type State } from "./state.js";
import type { Step } from "./step.js";
import * as Table from "./table.js";

/**
 * The client is known to act for the user from now on, until it disconnects. With the first user it stops being an observer; with
 * one more than are remembered it becomes one again, for good.
 */
export const learn =
  (client: ClientId, user: UserId): Step =>
  (state) => {
    const known = Relation.from(state.identities, client);
    if (Table.has(known, user) || known.size > state.settings.limits.clientUsersMax) return [state, []];
    const identities = Relation.link(state.identities, client, user);
    return [withObserver({ ...state, identities }, client), []];
  };

const withObserver = (state: State, client: ClientId): State => {
  let observers = Relation.unlinkFrom(state.observers, client);
  if (isObserver(state, client))
    for (const channel of Table.keys(Relation.from(state.subscriptions, client)))
      observers = Relation.link(observers, client, channel);
  return { ...state, observers };
};

export const forgetAllOf =
  ({ client }: ClientDisconnected): Step =>
  (state) => [{ ...state, identities: Relation.unlinkFrom(state.identities, client) }, []];
