import type { ClientId, Moment, Recorded } from "../../core/index.js";
import { noteNames } from "./announced-names.js";
import type { SocketUsers } from "./delivered.js";
import { type Lifetime, lifetimesByPerson } from "./lifetimes.js";
import type { Position } from "./recording.js";
import type { SignalKind } from "./signal-kind.js";

/** Who was in a recording. */
export interface People {
  /** Those whose socket ended without a close (1006). */
  readonly lost: ReadonlyArray<Position & { readonly users: ReadonlyArray<string> }>;
  /** The name last announced, of everybody who acted or was addressed. */
  readonly names: ReadonlyMap<string, string>;
  /** For each person who acted or was refused: one lifetime for each id that they had, in order. */
  readonly lifetimes: ReadonlyArray<ReadonlyArray<Lifetime>>;
}

interface OpenLifetime extends Lifetime {
  since: Lifetime["since"];
  until: Lifetime["until"];
  readonly rooms: Set<string>;
  readonly sockets: Set<ClientId>;
}

interface Users {
  readonly users: Set<string>;
  readonly claims: Set<string>;
}

/** Collects who was there, under which names, and how they left. */
export const peopleTally = (signalKindOf: (type: string) => SignalKind | undefined) => {
  const sockets = new Map<ClientId, Users>();
  const lifetimes = new Map<string, OpenLifetime>();
  const lost: Array<Position & { readonly users: ReadonlyArray<string> }> = [];
  const names = new Map<string, string>();
  const greeted = new Map<ClientId, string>();
  let isStopping = false;
  const usersOf = (client: ClientId): Users => {
    const known = sockets.get(client) ?? { users: new Set(), claims: new Set() };
    sockets.set(client, known);
    return known;
  };
  const lifetimeOf = (id: string): OpenLifetime => {
    const fresh = {
      id,
      name: id,
      rooms: new Set<string>(),
      since: undefined,
      until: undefined,
      sockets: new Set<ClientId>(),
    };
    const lifetime = lifetimes.get(id) ?? fresh;
    lifetimes.set(id, lifetime);
    return lifetime;
  };
  const refuse = (client: ClientId, id: string): void => {
    usersOf(client).claims.add(id);
    lifetimeOf(id);
  };
  const learn = (client: ClientId, id: string, since: Position): OpenLifetime => {
    usersOf(client).users.add(id);
    const lifetime = lifetimeOf(id);
    lifetime.since ??= since;
    lifetime.until = undefined;
    lifetime.sockets.add(client);
    return lifetime;
  };
  /** What becomes of a session that is kept is told by itself. */
  const forget = (
    client: ClientId,
    { code, ...position }: Position & { readonly code: number },
    isKept: boolean,
  ): void => {
    const users = [...usersOf(client).users];
    if (code === 1006 && users.length > 0 && !isKept) lost.push({ ...position, users });
    for (const user of users) {
      const lifetime = lifetimes.get(user);
      lifetime?.sockets.delete(client);
      if (lifetime?.sockets.size === 0) lifetime.until = { ...position, code };
    }
  };
  return {
    /** Whom a socket has named so far. */
    usersOf: (client: ClientId): SocketUsers => usersOf(client),
    /** The connected sockets that act for the user. */
    socketsOf: (user: string): Iterable<ClientId> => lifetimes.get(user)?.sockets ?? [],
    /** Whom a client said that it is when it connected. */
    greetedAs: (client: ClientId): string | undefined => greeted.get(client),
    visit: ({ n, event, effects }: Moment<Recorded>, isRefused: boolean): void => {
      if (event.kind === "JoinRequested" || !isRefused) noteNames(names, event, signalKindOf);
      if (event.kind === "JoinRequested" && isRefused) refuse(event.client, event.userId);
      if (isRefused || isStopping) return;
      if (event.kind === "ServerStopping") isStopping = true;
      else if (event.kind === "ClientDisconnected") {
        const isKept = effects.some((effect) => effect.kind === "Report" && effect.fact.kind === "SessionAway");
        forget(event.client, { event: n, at: event.at, code: event.code }, isKept);
        greeted.delete(event.client);
      } else if (event.kind === "ClientConnected" && event.greeting !== undefined) {
        learn(event.client, event.greeting.user, { event: n, at: event.at });
        greeted.set(event.client, event.greeting.user);
      } else if (event.kind === "JoinRequested") {
        learn(event.client, event.userId, { event: n, at: event.at }).rooms.add(event.roomId);
      } else if (event.kind === "PublishRequested" && event.from !== undefined)
        if (!usersOf(event.client).users.has(event.from)) learn(event.client, event.from, { event: n, at: event.at });
    },
    found: (): People => {
      const named = [...lifetimes.values()].map((lifetime) => ({
        ...lifetime,
        name: names.get(lifetime.id) ?? lifetime.id,
      }));
      return { lost, names, lifetimes: lifetimesByPerson(named) };
    },
  };
};
