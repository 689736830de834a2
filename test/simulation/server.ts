import type { Tickets } from "../../adapters/auth/tickets.js";
import { alarm } from "../../adapters/server/clock.js";
import { runtime } from "../../adapters/server/runtime.js";
import { outbox } from "../../adapters/sockets/outbox.js";
import type { Pace } from "../../adapters/sockets/pace.js";
import { frame } from "../../adapters/sockets/ws.js";
import {
  type ClientId,
  type Dialect,
  type Effect,
  encodeAmong,
  type Millis,
  recipients,
  type Settings,
  type State,
  seed,
  v1,
} from "../../core/index.js";
import type { Disk } from "./disk.js";
import { type Laws, laws } from "./laws.js";
import type { Link } from "./link.js";
import { peers } from "./peers.js";
import type { Random } from "./random.js";
import type { Schedule } from "./schedule.js";
import { type Wire, wire } from "./wire.js";

export interface ServerOptions {
  readonly schedule: Schedule;
  readonly chance: Random;
  readonly now: () => Millis;
  readonly settings: Settings;
  readonly outboxBytesMax: number;
  readonly outboxBytesInAll: number;
  readonly tickets: Tickets;
  readonly disk: Disk;
  readonly newId: () => string;
  /** Bytes of states a ms; undefined for no limit. */
  readonly stateBytesPerMs: number | undefined;
  /** What an event may cost at most, in ms: beyond some of it, turns are sliced. */
  readonly costMsMax: number;
  readonly fail: (sentence: string) => void;
  readonly told: (line: string) => void;
}

export interface Server {
  readonly accept: (link: Link, dialect: Dialect) => void;
  readonly state: () => State;
  /** Bytes that are counted as waiting, over all clients. */
  readonly waiting: () => number;
  /** It stands still for so long. What arrives meanwhile waits. */
  readonly stall: (ms: number) => void;
  /** Its clock is set; by how much is told by `now`. */
  readonly clockJumped: () => void;
  readonly crash: () => void;
}

/** The parts that `adapters/server/serve.ts` connects, on simulated time, sockets and disk. */
export const server = (options: ServerOptions): Server => {
  const { schedule, chance, now, settings, disk, fail } = options;
  let isDown = false;
  let stalledUntil = 0;
  const late: Array<() => void> = [];

  const catchUp = (): void => {
    if (schedule.now() < stalledUntil) schedule.later(catchUp, stalledUntil - schedule.now());
    else for (const then of late.splice(0)) if (!isDown) then();
  };
  /** Nothing happens in a process that is gone, and later in one that stands still. */
  const inside = (then: () => void): void => {
    if (isDown) return;
    if (late.length === 0 && schedule.now() >= stalledUntil) return then();
    late.push(then);
    if (late.length === 1) schedule.later(catchUp, stalledUntil - schedule.now());
  };
  const later = (then: () => void, ms: number): (() => void) => schedule.later(() => inside(then), ms);
  const timed: Schedule = { ...schedule, later };

  let spentMs = 0;
  const spend = (): number => {
    spentMs += chance.share() * options.costMsMax;
    return schedule.now() + spentMs;
  };

  const encode = encodeAmong([seed, v1], {
    ticketOf: options.tickets.ticketOf,
    iceServersOf: () => ({ iceServers: [] }),
  });
  const held: Laws = laws(settings, now);
  const sent: Wire = wire({ encode, dialectOf: (client) => clients.dialectOf(client), fail });

  const wakeAt = alarm(() => loop.dispatch({ kind: "ClockTicked", at: now() }), { now, later });
  const closes: Array<() => void> = [];
  const interpret = (effect: Effect, state: State): void => {
    if (effect.kind === "Send") out.put(effect.to, effect.message, state);
    if (effect.kind !== "Close") return;
    const { code, reason } = effect;
    for (const client of recipients(state, effect.to)) closes.push(() => clients.close(client, code, reason));
  };
  let before: State | undefined;
  const loop = runtime(
    {
      interpret,
      observe: (event, effects, after) => {
        options.told(JSON.stringify(event));
        disk.record(event, after);
        const broken = held.broken({ event, effects, before: before ?? after, after });
        before = after;
        if (broken !== undefined) fail(broken);
        sent.expect(effects, after);
      },
      flush: (state, isIdle) => {
        out.flush(state);
        sent.flushed((client) => clients.isOpen(client));
        for (const close of closes.splice(0)) close();
        if (isIdle) clients.endTurn();
      },
      turned: () => {},
      wakeAt,
      hold: () => {},
    },
    { now: spend, soon: (then) => void later(then, 0) },
  );
  const clients = peers({
    ...options,
    schedule: timed,
    limits: settings.limits,
    dispatch: loop.dispatch,
    caughtUp: (client) => out.release(client, loop.state()),
    ended: (client) => sent.ended(client),
  });
  let isFlushDue = false;
  const out = outbox({
    encode,
    frame,
    dialectOf: clients.dialectOf,
    write: (client: ClientId, bytes, frames, stateBytes) => {
      if (!clients.isOpen(client)) return;
      sent.written({ client, bytes, frames, stateBytes }, loop.state());
      if (clients.write(client, bytes, stateBytes)) boundHolds(client, stateBytes);
    },
    fits: clients.fits,
    isBehind: clients.isBehind,
    ...(options.stateBytesPerMs === undefined ? {} : { pace: paceOf(schedule, options.stateBytesPerMs) }),
    later: (ms) => {
      if (isFlushDue) return;
      isFlushDue = true;
      later(() => {
        isFlushDue = false;
        out.sendLate(loop.state());
      }, ms);
    },
  });

  /** What waits for a client beside states is within its bound. States since it was last free may wait beside it. */
  const statesOwed = new Map<ClientId, number>();
  const boundHolds = (client: ClientId, stateBytes: number): void => {
    const waiting = clients.waiting(client);
    const owed = waiting === 0 ? 0 : (statesOwed.get(client) ?? 0) + stateBytes;
    statesOwed.set(client, owed);
    if (waiting - owed > options.outboxBytesMax)
      fail(`${waiting - owed} bytes wait for client ${client}, and ${options.outboxBytesMax} may`);
  };

  const repeat = (then: () => void, ms: number): void => {
    later(() => {
      then();
      repeat(then, ms);
    }, ms);
  };
  repeat(clients.sweep, clients.sweepMs);
  repeat(disk.sync, 50);
  loop.dispatch({ kind: "ServerStarted", at: now(), settings });

  return {
    accept: (link, dialect) => inside(() => clients.accept(insideOf(link, inside), dialect)),
    state: loop.state,
    waiting: clients.waitingInAll,
    stall: (ms) => {
      stalledUntil = Math.max(stalledUntil, schedule.now() + ms);
      held.excuse();
    },
    clockJumped: () => held.excuse(),
    crash: () => {
      isDown = true;
      clients.resetAll();
    },
  };
};

/** What arrives at the socket of a process that stands still waits. */
const insideOf = (link: Link, inside: (then: () => void) => void): Link => ({
  ...link,
  attach: (end) =>
    link.attach({
      hear: (text) => inside(() => end.hear(text)),
      hearControl: () => inside(() => end.hearControl()),
      closed: (code) => inside(() => end.closed(code)),
    }),
});

const burstBytes = 2_048;

/** As `adapters/sockets/pace.ts`, with a budget that a few clients reach. */
const paceOf = ({ now }: Schedule, bytesPerMs: number): Pace => {
  let paidUntil = 0;
  return {
    waitMs: () => Math.max(0, paidUntil - now() - burstBytes / bytesPerMs),
    spend: (bytes) => {
      paidUntil = Math.max(now(), paidUntil) + bytes / bytesPerMs;
    },
  };
};
