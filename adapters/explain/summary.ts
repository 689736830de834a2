import {
  type ClientId,
  type Group,
  groupFor,
  defaultSettings,
  isMember,
  type Moment,
  type Recorded,
  recipients,
  refusedTypeOf,
  type Settings,
} from "../../core/index.js";
import { type Calls, callTally } from "./calls.js";
import { type Lifetime, lifetimesByPerson } from "./lifetimes.js";
import { type Position, signalKindReader } from "./recording.js";
import { type Timeline, timelineTally } from "./timeline.js";

/** What a recording was, in figures. Times are ms since 1970. */
export interface Summary {
  readonly from: number;
  readonly to: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly clients: { readonly connected: number; readonly mostAtOnce: number; readonly atEnd: number };
  readonly rooms: { readonly opened: number; readonly mostAtOnce: number; readonly atEnd: number };
  readonly timeline: Timeline;
  /** What was set otherwise than by default. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By code, and by what was refused: `room-not-found (user-joined-room)`. */
  readonly refusals: Readonly<Record<string, number>>;
  /** The first few of each. */
  readonly refused: Readonly<Record<string, ReadonlyArray<Refusal>>>;
  readonly unheard: ReadonlyArray<Unheard>;
  readonly calls: Calls;
  /** Those whose socket ended without a close (1006). */
  readonly lost: ReadonlyArray<Position & { readonly users: ReadonlyArray<string> }>;
  /** Those who came back under another id: the ids, in their order. */
  readonly renamed: ReadonlyArray<ReadonlyArray<string>>;
  readonly names: ReadonlyMap<string, string>;
}

export interface Refusal extends Position {
  readonly client: ClientId;
  readonly user: string | undefined;
}

/** A message that named somebody, was relayed, and reached nobody, or nobody it was meant for. */
export interface Unheard {
  readonly event: number;
  readonly type: string;
  /** Who sent it, where it says so. */
  readonly from?: string;
  readonly to: string;
}

const shownMax = 3;

/** Gathers a summary, moment by moment. */
export const tally = (): { readonly visit: (moment: Moment<Recorded>) => void; readonly summary: () => Summary } => {
  const kinds = new Map<string, number>();
  const refusals = new Map<string, { count: number; readonly first: Refusal[] }>();
  const clients = { connected: 0, mostAtOnce: 0, atEnd: 0 };
  const rooms = { opened: 0, mostAtOnce: 0, atEnd: 0 };
  const timeline = timelineTally();
  const people = peopleTally();
  const messages = messageTally(people);
  let settings: Summary["settings"] = {};
  let from = Number.NaN;
  let to = Number.NaN;

  return {
    visit: (moment) => {
      const { n, event, after, effects } = moment;
      if (Number.isNaN(from)) from = event.at;
      to = Math.max(Number.isNaN(to) ? event.at : to, event.at);
      kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
      if (event.kind === "ClientConnected") clients.connected += 1;
      if (event.kind === "ServerStarted") settings = changed(event.settings);
      clients.atEnd = after.local.clients.size;
      clients.mostAtOnce = Math.max(clients.mostAtOnce, clients.atEnd);
      rooms.atEnd = after.shared.rooms.size;
      rooms.mostAtOnce = Math.max(rooms.mostAtOnce, rooms.atEnd);
      timeline.visit(to, clients.atEnd, rooms.atEnd);
      let isRefused = false;
      for (const effect of effects) {
        if (effect.kind !== "Report") continue;
        if (effect.fact.kind === "RoomOpened") rooms.opened += 1;
        if (effect.fact.kind !== "RequestRefused") continue;
        isRefused = true;
        const { code } = effect.fact.refusal;
        const about = refusedTypeOf(effect.fact.refusal);
        const key = about === undefined ? code : `${code} (${about})`;
        const refusal = refusals.get(key) ?? { count: 0, first: [] };
        refusals.set(key, refusal);
        refusal.count += 1;
        if (refusal.first.length < shownMax)
          refusal.first.push({ event: n, at: event.at, client: effect.fact.client, user: userOf(event) });
      }
      people.visit(moment, isRefused);
      if (!isRefused) messages.visit(moment);
    },
    summary: () => {
      const sorted = [...refusals].sort(([, a], [, b]) => b.count - a.count);
      return {
        from,
        to,
        kinds: Object.fromEntries([...kinds].sort(([, a], [, b]) => b - a)),
        clients,
        rooms,
        timeline: timeline.found(),
        settings,
        refusals: Object.fromEntries(sorted.map(([key, { count }]) => [key, count])),
        refused: Object.fromEntries(sorted.map(([key, { first }]) => [key, first])),
        ...messages.found(),
        ...people.found(),
      };
    },
  };
};

const changed = ({ limits, ...others }: Settings): Summary["settings"] => {
  const defaults: Readonly<Record<string, unknown>> = { ...defaultSettings, ...defaultSettings.limits };
  return Object.fromEntries(
    Object.entries({ ...others, ...limits }).filter(([name, value]) => value !== defaults[name]),
  );
};

const userOf = (event: Recorded): string | undefined => {
  if (event.kind === "JoinRequested") return event.userId;
  if (event.kind === "CreateRequested") return event.room.hostId;
  return event.kind === "PublishRequested" ? event.from : undefined;
};

/** Whom each client ever was known to act for. */
type Acts = ReadonlyMap<ClientId, ReadonlySet<string>>;

interface OpenLifetime extends Lifetime {
  name: string;
  until: Lifetime["until"];
  readonly rooms: Set<string>;
  readonly sockets: Set<ClientId>;
}

/** Who was there, under which names, and how they went. */
const peopleTally = () => {
  const acts = new Map<ClientId, Set<string>>();
  const lifetimes = new Map<string, OpenLifetime>();
  const lost: Array<Position & { readonly users: ReadonlyArray<string> }> = [];
  const names = new Map<string, string>();
  let isStopping = false;
  const learn = (client: ClientId, id: string, since: Position): OpenLifetime => {
    const users = acts.get(client) ?? new Set<string>();
    acts.set(client, users.add(id));
    const lifetime = lifetimes.get(id) ?? {
      id,
      name: id,
      rooms: new Set(),
      since,
      until: undefined,
      sockets: new Set(),
    };
    lifetimes.set(id, lifetime);
    lifetime.sockets.add(client);
    lifetime.until = undefined;
    return lifetime;
  };
  const forget = (client: ClientId, code: number, position: Position): void => {
    const users = [...(acts.get(client) ?? [])];
    if (code === 1006 && users.length > 0) lost.push({ ...position, users });
    for (const user of users) {
      const lifetime = lifetimes.get(user);
      lifetime?.sockets.delete(client);
      if (lifetime?.sockets.size === 0) lifetime.until = { ...position, code };
    }
  };
  return {
    acts: acts as Acts,
    /** The connected ones that act for the user. */
    socketsOf: (user: string): Iterable<ClientId> => lifetimes.get(user)?.sockets ?? [],
    visit: ({ n, event }: Moment<Recorded>, isRefused: boolean): void => {
      if (event.kind === "JoinRequested") names.set(event.userId, event.userName);
      if (isRefused || isStopping) return;
      if (event.kind === "ServerStopping") isStopping = true;
      else if (event.kind === "ClientDisconnected") forget(event.client, event.code, { event: n, at: event.at });
      else if (event.kind === "JoinRequested") {
        const lifetime = learn(event.client, event.userId, { event: n, at: event.at });
        lifetime.name = event.userName;
        lifetime.rooms.add(event.roomId);
      } else if (event.kind === "PublishRequested" && event.from !== undefined)
        if (acts.get(event.client)?.has(event.from) !== true)
          learn(event.client, event.from, { event: n, at: event.at });
    },
    found: () => ({
      lost,
      names,
      renamed: lifetimesByPerson(lifetimes.values())
        .filter((chain) => chain.length > 1)
        .map((chain) => chain.map(({ id }) => id)),
    }),
  };
};

const hasSome = (clients: Iterable<ClientId>, whole: Group | undefined): boolean => {
  if (whole !== undefined) for (const client of clients) if (isMember(whole, client)) return true;
  return false;
};

/** What became of messages for one user. */
const messageTally = ({ acts, socketsOf }: ReturnType<typeof peopleTally>) => {
  const kindIn = signalKindReader();
  const calls = callTally();
  const missed: Array<Unheard & { readonly receivers: ReadonlyArray<ClientId> }> = [];
  /** What reached only those who had not said who they are is judged in the end: they may say so yet, or be somebody else. */
  const isUnheard = ({ to, receivers }: (typeof missed)[number]): boolean =>
    receivers.every((id) => acts.has(id) && acts.get(id)?.has(to) !== true);
  return {
    visit: ({ n, event, after, effects }: Moment<Recorded>): void => {
      if (event.kind !== "PublishRequested" || event.to === undefined) return;
      const { at, client, channel, type, from, to } = event;
      const signalKind = kindIn(type);
      if (from !== undefined && (signalKind === "offer" || signalKind === "answer"))
        calls.visit({ event: n, at, client, signalKind, from, to });
      for (const effect of effects) {
        if (effect.kind !== "Send" || effect.message.kind !== "Relay") continue;
        // Targeted or not, it reaches whoever acts for the user and has subscribed: that is soon seen, and most often so.
        if (hasSome(socketsOf(to), groupFor(after, { kind: "Others", channel, sender: client }))) continue;
        const receivers = recipients(after, effect.to);
        missed.push({ event: n, type, ...(from === undefined ? {} : { from }), to, receivers });
      }
    },
    found: () => ({
      calls: calls.found(),
      unheard: missed.filter(isUnheard).map(({ receivers, ...unheard }): Unheard => unheard),
    }),
  };
};

/** The message of this moment, if nobody heard it. */
export const unheardOf = ({ n, event, after, effects }: Moment<Recorded>): Unheard | undefined => {
  if (event.kind !== "PublishRequested" || event.to === undefined) return undefined;
  const { type, from, to } = event;
  const isUnheard = effects.some(
    (effect) => effect.kind === "Send" && effect.message.kind === "Relay" && recipients(after, effect.to).length === 0,
  );
  if (!isUnheard) return undefined;
  return { event: n, type, ...(from === undefined ? {} : { from }), to };
};
