import type { Audience } from "./effect.js";
import { type ClientId, roomsChannel } from "./id.js";
import * as Multimap from "./multimap.js";
import type { State } from "./state.js";
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
      return Table.keys(Multimap.of(state.subscribers, audience.channel));
    case "Others":
      return Table.keys(Multimap.of(state.subscribers, audience.channel)).filter((id) => id !== audience.sender);
    case "User": {
      const { channel, sender, user } = audience;
      const observers = Multimap.of(state.observers, channel);
      const subscribers = Multimap.of(state.subscribers, channel);
      const acting = Table.keys(Multimap.of(state.actors, user)).filter(
        (id) => Table.has(subscribers, id) && !Table.has(observers, id),
      );
      const all = observers.size === 0 ? acting : [...Table.keys(observers), ...acting].sort((a, b) => a - b);
      return all.filter((id) => id !== sender);
    }
  }
};
