import type { Audience } from "./effect.js";
import { type ClientId, roomsChannel } from "./id.js";
import * as Relation from "./relation.js";
import { isObserver, type State } from "./state.js";
import * as Table from "./table.js";

/** Everybody who keeps a room list. */
export const listeners: Audience = { kind: "Subscribers", channel: roomsChannel };

/**
 * The connected clients that an audience means in this state, each once, ascending. Costs O(recipients), except that a targeted
 * message also looks at every client that acts for its user.
 */
export const recipients = (state: State, audience: Audience): ReadonlyArray<ClientId> => {
  switch (audience.kind) {
    case "Client":
      return Table.has(state.clients, audience.client) ? [audience.client] : [];
    case "Everyone":
      return Table.keys(state.clients);
    case "Subscribers":
      return Table.keys(Relation.to(state.subscriptions, audience.channel));
    case "Others":
      return Table.keys(Relation.to(state.subscriptions, audience.channel)).filter((id) => id !== audience.sender);
    case "User": {
      const observers = Table.keys(Relation.to(state.observers, audience.channel));
      const acting = Table.keys(Relation.to(state.identities, audience.user)).filter(
        (id) => Relation.has(state.subscriptions, id, audience.channel) && !isObserver(state, id),
      );
      const all = acting.length === 0 ? observers : [...observers, ...acting].sort((a, b) => a - b);
      return all.filter((id) => id !== audience.sender);
    }
  }
};
