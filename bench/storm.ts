import { setTimeout as sleep } from "node:timers/promises";
import { type Contender, ours, seed } from "./contender.js";
import type { Bar, Bench, Findings, Pace, Row, Section } from "./findings.js";
import { cpuMicros, rssBytes } from "./process.js";
import { type Server, start } from "./servers.js";
import { median, type Spread, spreadOf } from "./spread.js";
import { agreed, type Outcome, type Visitor, visitorOf } from "./visitors.js";

/** Everybody comes at once, as after a deploy: how much is said, and how long does the server not listen? */
export const storm: Section = {
  name: "storm",
  title: "A storm: all connect, subscribe to the rooms and join one within a second",
  run: (bench) => run(bench),
};

interface Size extends Outcome {
  readonly arrivalMs: number;
  readonly rounds: number;
  /** After that the seed is stopped, and what it has sent by then is counted. */
  readonly capMs: number;
}
const sizes: Readonly<Record<Pace, Size>> = {
  full: { participants: 1_000, rooms: 100, arrivalMs: 1_000, rounds: 3, capMs: 75_000 },
  quick: { participants: 300, rooms: 30, arrivalMs: 1_000, rounds: 1, capMs: 8_000 },
  tiny: { participants: 20, rooms: 2, arrivalMs: 200, rounds: 1, capMs: 5_000 },
};
/** What has not been taken waits in the server's memory: it shall not take the machine's. */
const rssBytesMax = 6e9;

interface Weather {
  readonly isOver: boolean;
  readonly seconds: number;
  readonly megabytes: number;
  readonly cpuSeconds: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

const run = async (bench: Bench): Promise<Findings> => {
  const size = sizes[bench.pace];
  const weathers = new Map<string, ReadonlyArray<Weather>>();
  for (const contender of bench.contenders.filter(({ hasRooms, env }) => hasRooms && env.RECORD === undefined)) {
    const rounds: Weather[] = [];
    for (let round = 0; round < (contender.isQuadratic ? 1 : size.rounds); round++) {
      bench.progress(`${size.participants} clients come to ${contender.name}`);
      rounds.push(await stormOn(contender, size));
    }
    weathers.set(contender.name, rounds);
  }
  return { tables: [{ title: titleOf(size), rows: [...weathers].map(rowOf), note }], bars: barsOf(weathers) };
};

const titleOf = ({ participants, rooms }: Size): string =>
  `${participants} clients, ${rooms} rooms, the first of each ten creates one; until all see the same final list`;

const note =
  "Where they did not come to agree, the server was stopped at a limit of time or memory: it would have sent more. The delay is how late the event loop came to a timer of 10 ms.";

const stormOn = async (contender: Contender, size: Size): Promise<Weather> => {
  const server = await start(contender, { isMonitored: true });
  let bytes = 0;
  const count = (more: number): void => {
    bytes += more;
  };
  await server.ask("look");
  const [cpu, began] = [cpuMicros(server.pid), performance.now()];
  const limit = limitOf(server, size.capMs);
  const isOver = await Promise.race([allAgree(server, size, count, limit), limit.reached]);
  const seconds = (performance.now() - began) / 1_000;
  const cpuSeconds = (cpuMicros(server.pid) - cpu) / 1e6;
  const { delayP99Ms, delayMaxMs } = await server.ask("look");
  limit.lift();
  await server.stop();
  return { isOver, seconds, megabytes: bytes / 1e6, cpuSeconds, delayP99Ms, delayMaxMs };
};

interface Limit {
  readonly isReached: () => boolean;
  readonly reached: Promise<false>;
  readonly lift: () => void;
}

/** Of time and memory. */
const limitOf = (server: Server, capMs: number): Limit => {
  const end = performance.now() + capMs;
  let isLifted = false;
  let isReached = false;
  const watch = async (): Promise<false> => {
    while (!isLifted && performance.now() < end && rssBytes(server.pid) < rssBytesMax) await sleep(100);
    isReached = !isLifted;
    return false;
  };
  return {
    isReached: () => isReached,
    reached: watch(),
    lift: () => {
      isLifted = true;
    },
  };
};

const allAgree = async (server: Server, size: Size, count: Count, { isReached }: Limit): Promise<boolean> => {
  const limits = { ms: size.capMs, isTooMuch: isReached };
  const creators = await creatorsOf(server, size, count);
  if (!(await agreed(creators, { rooms: size.rooms, participants: size.rooms }, limits))) return false;
  return agreed([...creators, ...(await joinersOf(server, size, count))], size, limits);
};

type Count = (bytes: number) => void;

/** The first of each ten; the others join only what is there. */
const creatorsOf = (server: Server, { rooms }: Size, count: Count): Promise<ReadonlyArray<Visitor>> =>
  Promise.all(
    Array.from({ length: rooms }, async (_, room) => {
      const visitor = await visitorOf(server, room, count);
      visitor.create(room);
      visitor.join(room);
      return visitor;
    }),
  );

/** The others, spread evenly over some time, whether or not the server keeps up. */
const joinersOf = async (server: Server, size: Size, count: Count): Promise<ReadonlyArray<Visitor>> => {
  const began = performance.now();
  const joiners: Promise<Visitor>[] = [];
  const all = size.participants - size.rooms;
  while (joiners.length < all) {
    const due = Math.min(all, Math.ceil(((performance.now() - began) * all) / size.arrivalMs));
    for (let n = joiners.length; n < due; n++)
      joiners.push(
        visitorOf(server, size.rooms + n, count).then((visitor) => {
          visitor.join(n % size.rooms);
          return visitor;
        }),
      );
    await sleep(1);
  }
  return Promise.all(joiners);
};

const rowOf = ([name, all]: readonly [string, ReadonlyArray<Weather>]): Row => {
  const of = (figure: (weather: Weather) => number): Spread => spreadOf(all.map(figure));
  return {
    name,
    cells: {
      "all agree": all.every(({ isOver }) => isOver) ? "yes" : "NO",
      "after, s": of(({ seconds }) => seconds),
      "sent, MB": of(({ megabytes }) => megabytes),
      "server CPU, s": of(({ cpuSeconds }) => cpuSeconds),
      "event-loop delay p99, ms": of(({ delayP99Ms }) => delayP99Ms),
      "max, ms": of(({ delayMaxMs }) => delayMaxMs),
    },
  };
};

const barsOf = (weathers: ReadonlyMap<string, ReadonlyArray<Weather>>): ReadonlyArray<Bar> => {
  const mine = weathers.get(ours.name) ?? [];
  const theirs = median((weathers.get(seed.name) ?? []).map(({ megabytes }) => megabytes));
  const share = spreadOf(mine.map(({ megabytes }) => megabytes / theirs));
  const delay = spreadOf(mine.map(({ delayP99Ms }) => delayP99Ms));
  const agreement = spreadOf(mine.map(({ isOver }) => Number(isOver)));
  return [
    { what: `bytes sent, ${ours.name} ÷ ${seed.name}`, measured: share, must: "at most", limit: 1 / 20 },
    { what: `event-loop delay p99 of ${ours.name}, ms`, measured: delay, must: "at most", limit: 50 },
    { what: `${ours.name}: all see the same final list (1: yes)`, measured: agreement, must: "at least", limit: 1 },
  ];
};
