import { tickets } from "../../adapters/auth/tickets.js";
import { type Millis, seed as seedDialect, v1 } from "../../core/index.js";
import type { Client, ClientWorld } from "./client.js";
import { convergence, leftOver } from "./converge.js";
import { type Disk, disk } from "./disk.js";
import { liar } from "./liar.js";
import { type Link, link } from "./link.js";
import { activeMs, type ClientKind, type Item, type Plan } from "./plan.js";
import { mixed, random } from "./random.js";
import { schedule } from "./schedule.js";
import { type SeedMember, seedMember } from "./seed-member.js";
import { type Server, server } from "./server.js";
import { type Member, v1Member } from "./v1-member.js";

/** What became of a run. */
export interface Ran {
  /** What did not hold, and when; undefined where all did. */
  readonly failure: { readonly sentence: string; readonly atMs: number } | undefined;
  readonly virtualMs: number;
  readonly events: number;
  readonly requests: number;
}

/** What does not hold. */
class Broken extends Error {}

/** When the faults are over, all agree within so long, in ms: a dead socket is noticed in 10 s, and its session is away for 8 s. */
export const convergeMs = 30_000;
const plaza = "plaza";
const epoch = 1_795_000_000_000;

/**
 * Runs a plan from its first event to an empty server.
 *
 * @param told is given every event of the server, as JSON, with its virtual time
 */
export const simulate = (plan: Plan, told: (line: string, atMs: number) => void = () => {}): Ran => {
  const time = schedule();
  const issued = tickets("secret of the simulation");
  let [skewMs, ids, links, events, incarnation] = [0, 0, 0, 0, 0];
  const now = (): Millis => (epoch + time.now() + skewMs) as Millis;
  const fail = (sentence: string): never => {
    throw new Broken(sentence);
  };

  const newId = (): string => {
    ids += 1;
    return String(ids).padStart(4, "0");
  };

  let current: { readonly server: Server; readonly journal: Disk } | undefined;
  const start = (): void => {
    incarnation += 1;
    const journal = disk(plan.payloads);
    const running = server({
      schedule: time,
      chance: random(mixed(plan.seed, 2, incarnation)),
      now,
      settings: plan.settings,
      outboxBytesMax: plan.outboxBytesMax,
      outboxBytesInAll: plan.outboxBytesInAll,
      stateBytesPerMs: plan.stateBytesPerMs,
      costMsMax: plan.costMsMax,
      tickets: issued,
      disk: journal,
      newId,
      fail,
      told: (line) => {
        events += 1;
        told(line, time.now());
      },
    });
    current = { server: running, journal };
  };
  const journalHolds = (share: number): void => {
    const wrong = current?.journal.wrongAfterCrash(share);
    if (wrong !== undefined) fail(wrong);
  };

  const worldOf = (index: number): ClientWorld => ({
    schedule: time,
    chance: random(mixed(plan.seed, 3, index)),
    settings: plan.settings.limits,
    fail,
    connect: (dialect, end) => {
      links += 1;
      const way = random(mixed(plan.seed, 4, index, links));
      const [least, more] = [way.between(1, 40), way.between(0, 20)];
      const made = link(time, () => least + way.below(more + 1), end);
      time.later(() => {
        if (current === undefined) made.reset();
        else current.server.accept(made, dialect === "seed" ? seedDialect : v1);
      }, least);
      return made;
    },
  });

  const members: Member[] = [];
  const seeds: SeedMember[] = [];
  const stolen = (): ReadonlyArray<string> =>
    members.flatMap((member) => {
      const ticket = member.ticket();
      return ticket === undefined ? [] : [ticket];
    });
  const clientOf = (kind: ClientKind, index: number): Client => {
    const around = worldOf(index);
    switch (kind) {
      case "member": {
        const member = v1Member(`v1-${index}`, around);
        members.push(member);
        return member;
      }
      case "seed": {
        const member = seedMember(`seed-${seeds.length}`, around);
        seeds.push(member);
        return member;
      }
      case "liar":
        return liar(`liar-${index}`, "signalbox.v1", around, stolen);
      case "seed-liar":
        return liar(`liar-${index}`, "seed", around, stolen);
    }
  };
  const clients = plan.clients.map(clientOf);

  const happen = ({ do: what, client: index, salt }: Item): void => {
    const draw = random(salt);
    const client = clients[index];
    const each = (does: (one: Link) => void): void => {
      const one = client?.link();
      if (one !== undefined) does(one);
    };
    switch (what) {
      case "act":
        return client?.act(draw);
      case "delay":
        return each((one) => one.delay(draw.below(1_500)));
      case "drop":
        return each((one) => one.reset());
      case "half-open":
        return each((one) => one.cut());
      case "slow":
        return each((one) => one.slow(draw.one([0.5, 2, 10])));
      case "pause":
        return each((one) => one.pause(draw.between(100, 20_000)));
      case "storm":
        for (const one of clients) if (draw.often(0.8)) one.link()?.reset();
        return;
      case "jump":
        skewMs += draw.often(0.5) ? -draw.below(3_000) : draw.one([500, 5_000, 3_600_000]);
        return current?.server.clockJumped();
      case "stall":
        return current?.server.stall(draw.between(50, 6_000));
      case "disk-error":
        return current?.journal.fail();
      case "crash":
        if (current === undefined) return;
        journalHolds(draw.share());
        current.server.crash();
        current = undefined;
        return void time.later(start, draw.between(50, 2_000));
    }
  };

  const run = (): void => {
    start();
    for (const [i, client] of clients.entries()) time.later(client.start, i * 7);
    for (const item of plan.items) time.later(() => happen(item), item.at);
    time.runUntil(activeMs);
    for (const client of clients) {
      const one = client.link();
      one?.delay(0);
      one?.slow(Number.POSITIVE_INFINITY);
      client.settle(plaza);
    }
    time.runUntil(activeMs + convergeMs);
    const running = current ?? fail("the server has not come back");
    const isApart = () => convergence(running.server.state(), { members, seeds, home: plaza });
    // A question may be under way.
    for (let i = 0; i < 10 && isApart() !== undefined; i++) time.runUntil(time.now() + 100);
    const apart = isApart();
    if (apart !== undefined) fail(`they do not agree: ${apart}`);
    for (const client of clients) client.stop();
    const { sessionGraceMs, hostReclaimMs, unjoinedRoomMs, knockMs } = plan.settings;
    time.runUntil(time.now() + 15_000 + sessionGraceMs + hostReclaimMs + unjoinedRoomMs + knockMs);
    const left = leftOver(running.server.state());
    if (left !== undefined) fail(left);
    if (running.server.waiting() !== 0) fail(`everybody has left, and ${running.server.waiting()} bytes wait`);
    journalHolds(1);
  };

  const ran = (failure: Ran["failure"]): Ran => ({ failure, virtualMs: time.now(), events, requests: links });
  try {
    run();
    return ran(undefined);
  } catch (error) {
    const sentence = error instanceof Broken ? error.message : String((error as Error).stack ?? error);
    return ran({ sentence, atMs: time.now() });
  }
};
