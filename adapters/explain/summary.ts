import {
  type ClientId,
  closeCodes,
  defaultSettings,
  type Moment,
  type Recorded,
  type Settings,
} from "../../core/index.js";
import { type Calls, callsIn } from "./calls.js";
import { type LostMessages, lostMessagesIn } from "./lost-messages.js";
import { peopleOf } from "./people.js";
import { recordingReader } from "./read-recording.js";
import type { DoorStep, Incident, Position, Recording } from "./recording.js";
import { type Refusal, refusalIn } from "./refusal.js";
import { type Timeline, timelineTally } from "./timeline.js";
import { stopOf } from "./why/finding.js";
import { withoutLog } from "./without-log.js";

/** A recording in figures. Times are ms since 1970. */
export interface Summary extends LostMessages {
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
  readonly calls: Calls;
  /** Of sessions that can be resumed; undefined where there were none. */
  readonly sessions: SessionFigures | undefined;
  readonly doors: DoorFigures | undefined;
  /** Those who were away for longer than their session is kept. */
  readonly lostSessions: ReadonlyArray<Position & { readonly user: string }>;
  /** Those whose socket ended without a close (1006). */
  readonly lost: ReadonlyArray<Position & { readonly users: ReadonlyArray<string> }>;
  /** Sockets that the server closed for what they sent, or did not read. */
  readonly closed: ReadonlyArray<
    Position & { readonly socket: ClientId; readonly users: ReadonlyArray<string>; readonly closeCode: number }
  >;
  /** Those who came back under another id: the ids, in their order. */
  readonly changedIds: ReadonlyArray<ReadonlyArray<string>>;
  readonly names: ReadonlyMap<string, string>;
}

/** What became of the sessions that can be resumed, in figures. */
export interface SessionFigures {
  /** How often one lost its socket, went on with another, and was given up because it did not. */
  readonly away: number;
  readonly resumed: number;
  readonly lost: number;
  /** Signals that were refused because a later offer had replaced their negotiation. */
  readonly stale: number;
  /** Signals that were kept for somebody who was away, and of those, what was delivered. */
  readonly kept: number;
  readonly keptAndDelivered: number;
}

/** What happened at the doors of rooms, and to those in them, in figures. */
export interface DoorFigures {
  readonly knocks: number;
  readonly admitted: number;
  readonly denied: number;
  /** Nobody decided in time, or who had been admitted did not come in. */
  readonly expired: number;
  readonly removed: number;
  readonly banned: number;
  readonly locked: number;
  readonly unlocked: number;
  /** How often somebody was made host, co-host or participant, or succeeded as host. */
  readonly roles: number;
}

/** Messages of one type that were refused for one reason. */
export interface RefusalGroup extends Pick<Refusal, "code" | "type"> {
  readonly count: number;
  /** Of the largest frame, where size may be why. */
  readonly bytes: number | undefined;
  /** The first few. */
  readonly first: ReadonlyArray<Position & Pick<Refusal, "client" | "user">>;
}

const shownMax = 3;

const clientsIn = ({ after }: Moment<Recorded>): number => after.local.clients.size;

/** Collects a summary, moment by moment. `clientsAfter`: how many there are after a moment, where its state has only some of them. */
export const tally = (
  clientsAfter: (moment: Moment<Recorded>) => number = clientsIn,
): { readonly visit: (moment: Moment<Recorded>) => void; readonly summary: () => Summary } => {
  const kinds = new Map<string, number>();
  const refusals = refusalTally();
  const clients = { connected: 0, mostAtOnce: 0, atEnd: 0 };
  const rooms = { opened: 0, mostAtOnce: 0, atEnd: 0 };
  const timeline = timelineTally();
  const reader = recordingReader("outcomes");
  const greeted = new Map<ClientId, string>();
  const settled = withoutLog();
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
        if (event.greeting !== undefined) greeted.set(event.client, event.greeting.user);
      }
      if (event.kind === "ServerStarted") settings = changed(event.settings);
      clients.atEnd = clientsAfter(moment);
      clients.mostAtOnce = Math.max(clients.mostAtOnce, clients.atEnd);
      rooms.atEnd = after.shared.rooms.size;
      rooms.mostAtOnce = Math.max(rooms.mostAtOnce, rooms.atEnd);
      timeline.visit(to, clients.atEnd, rooms.atEnd);
      for (const effect of effects)
        if (effect.kind === "Report" && effect.fact.kind === "RoomOpened") rooms.opened += 1;
      const done = settled(moment);
      if (done === undefined) return;
      const refusal = refusalIn(done);
      if (refusal !== undefined) {
        const { user = greeted.get(refusal.client) } = refusal;
        refusals.visit({ ...refusal, user }, { event: n, at: event.at });
      }
      reader.visit(done, refusal);
    },
    summary: () => {
      const recording = reader.found();
      const people = peopleOf(recording);
      return {
        from,
        to,
        kinds: Object.fromEntries([...kinds].sort(([, a], [, b]) => b - a)),
        clients,
        rooms,
        timeline: timeline.found(),
        settings,
        refusals: refusals.found(),
        ...lostMessagesIn(recording, people),
        calls: callsIn(recording, people),
        sessions: greeted.size === 0 ? undefined : sessionFigures(recording, refusals.count("stale")),
        doors: greeted.size === 0 ? undefined : doorFigures(recording),
        lostSessions: recording.incidents.flatMap((one) =>
          one.kind === "lost" ? [{ event: one.event, at: one.at, user: one.user }] : [],
        ),
        lost: lostSockets(recording),
        closed: closedSockets(recording),
        names: recording.names,
        changedIds: people.filter(({ ids }) => ids.length > 1).map(({ ids }) => ids),
      };
    },
  };
};

const sessionFigures = ({ incidents }: Recording, stale: number): SessionFigures => {
  const count = (kind: Incident["kind"]): number => incidents.filter((one) => one.kind === kind).length;
  const kept = incidents.filter((one) => one.kind === "relay" && one.isKept);
  const keptAndDelivered = kept.filter((one) => one.kind === "relay" && one.sentAgain !== undefined).length;
  return {
    away: count("away"),
    resumed: count("back"),
    lost: count("lost"),
    stale,
    kept: kept.length,
    keptAndDelivered,
  };
};

const doorFigures = ({ incidents }: Recording): DoorFigures => {
  const count = (isIt: (one: Incident) => boolean): number => incidents.filter(isIt).length;
  const steps = (step: DoorStep["step"]): number => count((one) => one.kind === "door" && one.step === step);
  return {
    knocks: steps("knocked"),
    admitted: steps("admitted"),
    denied: steps("denied"),
    expired: steps("expired"),
    removed: count((one) => one.kind === "leave" && one.reason === "removed"),
    banned: count((one) => one.kind === "bar" && one.reason === "banned"),
    locked: count((one) => one.kind === "lock" && one.isLocked),
    unlocked: count((one) => one.kind === "lock" && !one.isLocked),
    roles: count((one) => one.kind === "role"),
  };
};

/** What becomes of a session that can be resumed is told by itself, and what the server ended was not lost. */
const lostSockets = (recording: Recording): Summary["lost"] => {
  const stop = stopOf(recording);
  return [...recording.sockets.values()]
    .flatMap(({ until, users, isResumable }) =>
      until?.code === 1006 && until.event < stop && users.size > 0 && !isResumable
        ? [{ event: until.event, at: until.at, users: [...users.keys()] }]
        : [],
    )
    .sort((a, b) => a.event - b.event);
};

const faultCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1013, closeCodes.rateLimited]);

const closedSockets = ({ sockets }: Recording): Summary["closed"] =>
  [...sockets.values()]
    .flatMap(({ id, until, users }) =>
      until !== undefined && faultCodes.has(until.code)
        ? [{ event: until.event, at: until.at, socket: id, users: [...users.keys()], closeCode: until.code }]
        : [],
    )
    .sort((a, b) => a.event - b.event);

const changed = ({ limits, ...others }: Settings): Summary["settings"] => {
  const defaults: Readonly<Record<string, unknown>> = { ...defaultSettings, ...defaultSettings.limits };
  return Object.fromEntries(
    Object.entries({ ...others, ...limits }).filter(([name, value]) => value !== defaults[name]),
  );
};

const refusalTally = () => {
  const groups = new Map<string, RefusalGroup>();
  return {
    visit: ({ code, type, client, user, bytes: own }: Refusal, position: Position): void => {
      const key = `${code} ${type ?? ""}`;
      const { count, first, bytes } = groups.get(key) ?? { count: 0, first: [], bytes: undefined };
      const shown = first.length < shownMax ? [...first, { ...position, client, user }] : first;
      const largest = own === undefined ? bytes : Math.max(own, bytes ?? 0);
      groups.set(key, { code, type, count: count + 1, first: shown, bytes: largest });
    },
    count: (code: string): number =>
      [...groups.values()].reduce((sum, one) => (one.code === code ? sum + one.count : sum), 0),
    found: (): ReadonlyArray<RefusalGroup> => [...groups.values()].sort((a, b) => b.count - a.count),
  };
};
