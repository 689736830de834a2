import {
  type ClientId,
  defaultSettings,
  type Moment,
  type Recorded,
  refusedTypeOf,
  type Settings,
} from "../../core/index.js";
import type { Calls } from "./calls.js";
import { messageTally, type Unheard } from "./message-tally.js";
import { peopleTally } from "./people-tally.js";
import type { Position } from "./recording.js";
import { signalKindReader } from "./signal-kind.js";
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
  /** By code, with the type of the refused messages in brackets. */
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

const shownMax = 3;

/** Gathers a summary, moment by moment. */
export const tally = (): { readonly visit: (moment: Moment<Recorded>) => void; readonly summary: () => Summary } => {
  const kinds = new Map<string, number>();
  const refusals = new Map<string, { count: number; readonly first: Refusal[] }>();
  const clients = { connected: 0, mostAtOnce: 0, atEnd: 0 };
  const rooms = { opened: 0, mostAtOnce: 0, atEnd: 0 };
  const timeline = timelineTally();
  const signalKindOf = signalKindReader();
  const people = peopleTally(signalKindOf);
  const messages = messageTally(people, signalKindOf);
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
      const everybody = people.found();
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
        ...messages.found(everybody),
        lost: everybody.lost,
        names: everybody.names,
        renamed: everybody.lifetimes.filter((own) => own.length > 1).map((own) => own.map(({ id }) => id)),
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
