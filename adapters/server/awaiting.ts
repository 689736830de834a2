import * as O from "fp-ts/lib/Option.js";
import { type ClientId, type Effect, type Event, isOwn, type State } from "../../core/index.js";

/**
 * The clients whose entries are on their way to the log. What else they do has to wait: it may build on what they have asked for. While the
 * log fails nobody waits: signals and messages are carried out, and what needs the log is refused by the core.
 */
export interface Awaiting {
  /** Keeps the event if its client waits. */
  readonly keep: (event: Event) => boolean;
  /** Takes what an event has come to. Returned: what a client did meanwhile that does not wait any longer. */
  readonly note: (event: Event, effects: ReadonlyArray<Effect>, state: State) => ReadonlyArray<Event>;
  /** Entries that have not come back, and events that wait for them. */
  readonly size: () => number;
}

const none: ReadonlyArray<Event> = [];

/** `hold` is called when a client begins to wait, and when it does not wait any longer. */
export const awaiting = (hold: (client: ClientId, isHeld: boolean) => void): Awaiting => {
  /** Of each entry that has not come back, in the order of the log: who waits for it, if anybody does. */
  const owners: Array<ClientId | undefined> = [];
  const kept = new Map<ClientId, { entries: number; readonly events: Event[] }>();
  let events = 0;

  const clientOf = (event: Event): ClientId | undefined => ("client" in event ? event.client : undefined);

  const begin = (client: ClientId | undefined): void => {
    owners.push(client);
    if (client === undefined) return;
    const known = kept.get(client);
    if (known === undefined) hold(client, true);
    kept.set(client, { entries: (known?.entries ?? 0) + 1, events: known?.events ?? [] });
  };

  const release = (client: ClientId): ReadonlyArray<Event> => {
    const done = kept.get(client)?.events ?? [];
    kept.delete(client);
    events -= done.length;
    hold(client, false);
    return done;
  };

  const end = (): ReadonlyArray<Event> => {
    const client = owners.shift();
    const known = client === undefined ? undefined : kept.get(client);
    if (client === undefined || known === undefined) return [];
    known.entries -= 1;
    return known.entries === 0 ? release(client) : [];
  };

  return {
    keep: (event) => {
      if (kept.size === 0) return false;
      const client = clientOf(event);
      const known = client === undefined ? undefined : kept.get(client);
      if (known === undefined) return false;
      known.events.push(event);
      events += 1;
      return true;
    },
    note: (event, effects, state) => {
      const { node, isAvailable } = state.local.ordering;
      // Without a log nobody waits.
      if (O.isNone(node)) return none;
      // What the node had on its way under another name does not come back as its own.
      if (event.kind === "ServerStarted" || (event.kind === "LogRecovered" && event.node !== undefined)) {
        owners.length = 0;
        const released = [...kept.keys()].flatMap(release);
        for (const { kind } of effects) if (kind === "Append") begin(undefined);
        return released;
      }
      for (const { kind } of effects) if (kind === "Append") begin(isAvailable ? clientOf(event) : undefined);
      if (event.kind === "LogFailed") {
        owners.fill(undefined);
        return [...kept.keys()].flatMap(release);
      }
      return event.kind === "Appended" && isOwn(state, event) ? end() : none;
    },
    size: () => owners.length + events,
  };
};
