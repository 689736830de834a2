import { type ClientId, directoryChannel } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { Audience } from "../effect.js";
import type { State } from "../state.js";

/** Everybody who keeps a room list. */
export const listeners: Audience = { kind: "Subscribers", channel: directoryChannel };

/** A set of clients, and who of it is left out. */
export interface Group {
  /** The same object as long as nobody has come or gone. */
  readonly among: Table.Table<ClientId, unknown>;
  readonly except?: ClientId;
}

/** The stored set behind an audience; undefined for one client or one user. */
export const groupFor = (state: State, audience: Audience): Group | undefined =>
  audience.kind === "Client" || audience.kind === "User" ? undefined : groupOf(state, audience);

const groupOf = (state: State, audience: Exclude<Audience, { kind: "Client" | "User" }>): Group => {
  switch (audience.kind) {
    case "Everyone":
      return { among: state.local.clients };
    case "Attendees":
      return { among: Multimap.of(state.local.attendees, audience.room) };
    case "Watchers":
      return { among: state.local.directory.watchers };
    case "Subscribers":
      return { among: Multimap.of(state.local.subscribers, audience.channel) };
    case "Others":
      return { among: Multimap.of(state.local.subscribers, audience.channel), except: audience.sender };
  }
};

/** The connected clients that an audience means in this state, each once, ascending; a message for a user also looks at all who act for it. */
export const recipients = (state: State, audience: Audience): ReadonlyArray<ClientId> => {
  switch (audience.kind) {
    case "Client":
      return Table.has(state.local.clients, audience.client) ? [audience.client] : [];
    case "Everyone":
    case "Attendees":
    case "Watchers":
    case "Subscribers":
    case "Others":
      return withoutExcept(groupOf(state, audience));
    case "User": {
      const { channel, sender, user } = audience;
      const observers = Multimap.of(state.local.observers, channel);
      const subscribers = Multimap.of(state.local.subscribers, channel);
      const acting: ClientId[] = [];
      for (const id of Table.keys(Multimap.of(state.local.claimants, user)))
        if (id !== sender && Table.has(subscribers, id) && !Table.has(observers, id)) acting.push(id);
      if (observers.size === 0) return acting;
      return [...Table.keys(observers).filter((id) => id !== sender), ...acting].sort((a, b) => a - b);
    }
  }
};

/** Ascending. */
export const members = ({ among }: Group): ReadonlyArray<ClientId> => Table.keys(among);

/** Whether a client is one of the group. */
export const isMember = ({ among, except }: Group, client: ClientId): boolean =>
  client !== except && Table.has(among, client);

const withoutExcept = (whole: Group): ReadonlyArray<ClientId> =>
  whole.except === undefined ? members(whole) : members(whole).filter((id) => id !== whole.except);
