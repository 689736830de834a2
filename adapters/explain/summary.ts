import { defaultSettings, type Moment, type Recorded, type Settings } from "../../core/index.js";
import type { Calls } from "./calls.js";
import { messageTally, type Unheard } from "./message-tally.js";
import { peopleTally } from "./people-tally.js";
import type { Position } from "./recording.js";
import { type Refusal, refusalIn } from "./refusal.js";
import { type Kept, type SessionFigures, sessionTally } from "./session-tally.js";
import { signalKindReader } from "./signal-kind.js";
import { type Timeline, timelineTally } from "./timeline.js";

/** A recording in figures. Times are ms since 1970. */
export interface Summary {
  readonly from: number;
  readonly to: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly clients: { readonly connected: number; readonly mostAtOnce: number; readonly atEnd: number };
  readonly rooms: { readonly opened: number; readonly mostAtOnce: number; readonly atEnd: number };
  readonly timeline: Timeline;
  /** The settings that differ from their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The most frequent first. */
  readonly refusals: ReadonlyArray<RefusalGroup>;
  readonly unheard: ReadonlyArray<Unheard>;
  readonly calls: Calls;
  /** Of sessions that can be resumed; undefined where there were none. */
  readonly sessions: SessionFigures | undefined;
  /** Signals that were kept for somebody who was away, and never delivered. */
  readonly keptInVain: ReadonlyArray<Kept>;
  /** Those who were away for longer than their session is kept. */
  readonly lostSessions: ReadonlyArray<Position & { readonly user: string }>;
  /** Those whose socket ended without a close (1006). */
  readonly lost: ReadonlyArray<Position & { readonly users: ReadonlyArray<string> }>;
  /** Those who came back under another id: the ids, in their order. */
  readonly changedIds: ReadonlyArray<ReadonlyArray<string>>;
  readonly names: ReadonlyMap<string, string>;
}

/** Messages of one type that were refused for one reason. */
export interface RefusalGroup extends Pick<Refusal, "code" | "type"> {
  readonly count: number;
  /** The first few. */
  readonly first: ReadonlyArray<Position & Pick<Refusal, "client" | "user">>;
}

const shownMax = 3;

/** Collects a summary, moment by moment. */
export const tally = (): { readonly visit: (moment: Moment<Recorded>) => void; readonly summary: () => Summary } => {
  const kinds = new Map<string, number>();
  const refusals = refusalTally();
  const clients = { connected: 0, mostAtOnce: 0, atEnd: 0 };
  const rooms = { opened: 0, mostAtOnce: 0, atEnd: 0 };
  const timeline = timelineTally();
  const signalKindOf = signalKindReader();
  const people = peopleTally(signalKindOf);
  const messages = messageTally(people, signalKindOf);
  const sessions = sessionTally(people.greetedAs);
  let hasSessions = false;
  let settings: Summary["settings"] = {};
  let from = Number.NaN;
  let to = Number.NaN;

  return {
    visit: (moment) => {
      const { n, event, after, effects } = moment;
      if (Number.isNaN(from)) from = event.at;
      to = Math.max(Number.isNaN(to) ? event.at : to, event.at);
      kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
      if (event.kind === "ClientConnected") {
        clients.connected += 1;
        hasSessions ||= event.greeting !== undefined;
      }
      if (event.kind === "ServerStarted") settings = changed(event.settings);
      clients.atEnd = after.local.clients.size;
      clients.mostAtOnce = Math.max(clients.mostAtOnce, clients.atEnd);
      rooms.atEnd = after.shared.rooms.size;
      rooms.mostAtOnce = Math.max(rooms.mostAtOnce, rooms.atEnd);
      timeline.visit(to, clients.atEnd, rooms.atEnd);
      for (const effect of effects)
        if (effect.kind === "Report" && effect.fact.kind === "RoomOpened") rooms.opened += 1;
      const refusal = refusalIn(moment);
      if (refusal !== undefined) {
        const { user = people.greetedAs(refusal.client) } = refusal;
        refusals.visit({ ...refusal, user }, { event: n, at: event.at });
      }
      people.visit(moment, refusal !== undefined);
      sessions.visit(moment, refusal?.code);
      if (refusal === undefined) messages.visit(moment);
    },
    summary: () => {
      const everybody = people.found();
      const { sessions: figures, ...ofSessions } = sessions.found();
      return {
        from,
        to,
        kinds: Object.fromEntries([...kinds].sort(([, a], [, b]) => b - a)),
        clients,
        rooms,
        timeline: timeline.found(),
        settings,
        refusals: refusals.found(),
        ...messages.found(everybody),
        ...ofSessions,
        sessions: hasSessions ? figures : undefined,
        lost: everybody.lost,
        names: everybody.names,
        changedIds: everybody.lifetimes.filter((own) => own.length > 1).map((own) => own.map(({ id }) => id)),
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

const refusalTally = () => {
  const groups = new Map<string, RefusalGroup>();
  return {
    visit: ({ code, type, client, user }: Refusal, position: Position): void => {
      const key = `${code} ${type ?? ""}`;
      const { count, first } = groups.get(key) ?? { count: 0, first: [] };
      const shown = first.length < shownMax ? [...first, { ...position, client, user }] : first;
      groups.set(key, { code, type, count: count + 1, first: shown });
    },
    found: (): ReadonlyArray<RefusalGroup> => [...groups.values()].sort((a, b) => b.count - a.count),
  };
};
