import { setTimeout as sleep } from "node:timers/promises";
import * as Ws from "ws";
import { type Contender, ours, seed } from "./contender.js";
import { clientOf, masked } from "./load.js";
import { cpuMicros, median, rssBytes, type Spread, spreadOf } from "./measure.js";
import { atLeast, atMost, type Bench, type Pace, type Row, type Section } from "./section.js";
import { type Server, start } from "./servers.js";

/** A client that looks at the list of rooms, and may sit in one. */
interface Visitor {
  readonly create: (room: number) => void;
  readonly join: (room: number) => void;
  readonly leave: (room: number) => void;
  /** Has the list sent to everybody. */
  readonly ask: () => void;
  /** The rooms as it was last sent them, without the time. */
  readonly seen: () => string;
}

// @types/ws 8.18 lacks what ws 8.23 exports: it reads a server's frames.
const { Receiver } = Ws as unknown as { readonly Receiver: new (options: object) => NodeJS.WritableStream };

const channel = "webrtc-dashboard-rooms";

/** Connects and subscribes. `count` is called with the bytes that come. */
const visitorOf = async (server: Server, n: number, count: (bytes: number) => void): Promise<Visitor> => {
  let list: Buffer = Buffer.alloc(0);
  const receiver = new Receiver({ skipUTF8Validation: true, allowSynchronousEvents: true });
  receiver.on("message", (data: Buffer) => {
    if (data.subarray(0, 27).equals(listBeginning)) list = data;
  });
  const { write } = await clientOf(server, n, (bytes) => {
    count(bytes.length);
    // The memory is only lent, and a frame may end in later bytes.
    receiver.write(Buffer.from(bytes));
  });
  const user = { userId: `user-${n}`, userName: `User ${n}` };
  const say = (type: string, data: object): void => write(masked(JSON.stringify({ type, channel, data })));
  write(masked(JSON.stringify({ type: "subscribe", channel })));
  return {
    create: (room) =>
      say("room-created", { id: `room-${room}`, name: `Room ${room}`, host: user.userName, hostId: user.userId }),
    join: (room) => say("user-joined-room", { roomId: `room-${room}`, ...user }),
    leave: (room) => say("user-left-room", { roomId: `room-${room}`, userId: user.userId }),
    ask: () => say("room-list-request", {}),
    seen: () => list.toString().replace(/,"timestamp":"[^"]*"\}$/, ""),
  };
};
const listBeginning = Buffer.from('{"type":"server-room-list",');

/** What everybody must see in the end. */
interface Outcome {
  readonly rooms: number;
  readonly participants: number;
}

const agree = (visitors: ReadonlyArray<Visitor>, { rooms, participants }: Outcome): boolean => {
  const [view = "", ...others] = new Set(visitors.map(({ seen }) => seen()));
  const counts = [...view.matchAll(/"participantCount":(\d+)/g)].map(([, count]) => Number(count));
  return others.length === 0 && counts.length === rooms && counts.reduce((a, b) => a + b, 0) === participants;
};

/** What has not been taken waits in the server's memory: it shall not take the machine's. */
const rssBytesMax = 6e9;

/** Waits until all agree, or gives up after `ms`, or at a limit of the server's memory; fulfilled with whether they do. */
const agreed = async (
  server: Server,
  visitors: ReadonlyArray<Visitor>,
  outcome: Outcome,
  ms: number,
): Promise<boolean> => {
  for (const end = performance.now() + ms; performance.now() < end && rssBytes(server.pid) < rssBytesMax; ) {
    // One that sees it is a good reason to ask all.
    if (agree(visitors.slice(-1), outcome) && agree(visitors, outcome)) return true;
    await sleep(20);
  }
  return false;
};

interface Run {
  readonly isOver: boolean;
  readonly seconds: number;
  readonly megabytes: number;
  readonly cpuSeconds: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

/** Starts a server; `happen` is measured, with all that it causes until it is fulfilled with whether all agree. */
const measuredOn = async (
  contender: Contender,
  prepare: (server: Server, visit: (n: number) => Promise<Visitor>) => Promise<ReadonlyArray<Visitor>>,
  happen: (
    server: Server,
    visitors: ReadonlyArray<Visitor>,
    visit: (n: number) => Promise<Visitor>,
  ) => Promise<boolean>,
): Promise<Run> => {
  const server = await start(contender, { isMonitored: true });
  let bytes = 0;
  const visit = (n: number): Promise<Visitor> => visitorOf(server, n, (more) => (bytes += more));
  const visitors = await prepare(server, visit);
  await server.ask("look");
  bytes = 0;
  const [cpu, began] = [cpuMicros(server.pid), performance.now()];
  const isOver = await happen(server, visitors, visit);
  const seconds = (performance.now() - began) / 1_000;
  const cpuSeconds = (cpuMicros(server.pid) - cpu) / 1e6;
  const { delayP99Ms, delayMaxMs } = await server.ask("look");
  await server.stop();
  return { isOver, seconds, megabytes: bytes / 1e6, cpuSeconds, delayP99Ms, delayMaxMs };
};

const runsOf = async (bench: Bench, measure: (contender: Contender) => Promise<ReadonlyArray<Run>>) => {
  const runs = new Map<string, ReadonlyArray<Run>>();
  for (const contender of bench.contenders.filter(({ can, env }) => can.rooms && env.RECORD === undefined)) {
    bench.progress(contender.name);
    runs.set(contender.name, await measure(contender));
  }
  return runs;
};

const rowOf = ([name, all]: readonly [string, ReadonlyArray<Run>]): Row => {
  const of = (figure: (run: Run) => number): Spread => spreadOf(all.map(figure));
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

/** Our figure of each run by the seed's median. */
const byTheSeeds = (runs: ReadonlyMap<string, ReadonlyArray<Run>>, figure: (run: Run) => number): Spread => {
  const theirs = median((runs.get(seed.name) ?? []).map(figure));
  return spreadOf((runs.get(ours.name) ?? []).map((run) => figure(run) / theirs));
};

const agreement = (runs: ReadonlyMap<string, ReadonlyArray<Run>>) =>
  atLeast(
    `${ours.name}: all see the same final list (1: yes)`,
    spreadOf((runs.get(ours.name) ?? []).map(({ isOver }) => Number(isOver))),
    1,
  );

const note =
  "Where they did not come to agree, the server was stopped at a limit of time or memory: it would have sent more. The delay is how late the event loop came to a timer of 10 ms.";

interface Storm extends Outcome {
  readonly arrivalMs: number;
  readonly rounds: number;
  /** After that the server is stopped, and what it has sent by then is counted. */
  readonly capMs: number;
}
const storms: Readonly<Record<Pace, Storm>> = {
  full: { participants: 1_000, rooms: 100, arrivalMs: 1_000, rounds: 3, capMs: 75_000 },
  quick: { participants: 300, rooms: 30, arrivalMs: 1_000, rounds: 1, capMs: 8_000 },
  tiny: { participants: 20, rooms: 2, arrivalMs: 200, rounds: 1, capMs: 5_000 },
};

/** Everybody comes at once, as after a deploy: how much is sent, and how long does the server not listen? */
export const storm: Section = {
  name: "storm",
  title: "A storm: all connect, subscribe to the rooms and join one within a second",
  run: async (bench) => {
    const size = storms[bench.pace];
    const runs = await runsOf(bench, async (contender) => {
      const rounds: Run[] = [];
      while (rounds.length < (contender.can.thousands ? size.rounds : 1)) rounds.push(await stormOn(contender, size));
      return rounds;
    });
    const title = `${size.participants} clients, ${size.rooms} rooms, the first of each ten creates one; until all see the same final list`;
    const delay = spreadOf((runs.get(ours.name) ?? []).map(({ delayP99Ms }) => delayP99Ms));
    return {
      tables: [{ title, rows: [...runs].map(rowOf), note }],
      bars: [
        atMost(
          `bytes sent, ${ours.name} ÷ ${seed.name}`,
          byTheSeeds(runs, ({ megabytes }) => megabytes),
          1 / 20,
        ),
        atMost(`event-loop delay p99 of ${ours.name}, ms`, delay, 50),
        agreement(runs),
      ],
    };
  },
};

/** The first of each ten create the rooms; the others come then, spread evenly over some time, whether or not the server keeps up. */
const stormOn = (contender: Contender, { rooms, participants, arrivalMs, capMs }: Storm): Promise<Run> =>
  measuredOn(
    contender,
    async () => [],
    async (server, _, visit) => {
      const creators = await Promise.all(Array.from({ length: rooms }, (_unused, room) => visit(room)));
      for (const [room, visitor] of creators.entries()) {
        visitor.create(room);
        visitor.join(room);
      }
      if (!(await agreed(server, creators, { rooms, participants: rooms }, capMs))) return false;
      const began = performance.now();
      const joiners: Promise<Visitor>[] = [];
      const all = participants - rooms;
      const join = async (n: number): Promise<Visitor> => {
        const visitor = await visit(rooms + n);
        visitor.join(n % rooms);
        return visitor;
      };
      while (joiners.length < all) {
        const due = Math.min(all, Math.ceil(((performance.now() - began) * all) / arrivalMs));
        while (joiners.length < due) joiners.push(join(joiners.length));
        await sleep(1);
      }
      const cap = new AbortController();
      const came = await Promise.race([Promise.all(joiners), sleep(capMs, undefined, { signal: cap.signal })]);
      cap.abort();
      return came !== undefined && agreed(server, [...creators, ...came], { rooms, participants }, capMs);
    },
  );

interface Churn {
  readonly visitors: number;
  readonly rooms: number;
  readonly seconds: number;
}
const churns: Readonly<Record<Pace, Churn>> = {
  full: { visitors: 1_000, rooms: 100, seconds: 10 },
  quick: { visitors: 300, rooms: 50, seconds: 2 },
  tiny: { visitors: 20, rooms: 5, seconds: 0.5 },
};
const changesPerSecond = 50;
/** So many sit in rooms beside those who created them; then for each one who joins one leaves. */
const seatedMax = 20;
const agreeMs = 30_000;

/** People come and go in the rooms all the time, and many look on: what does keeping them up to date cost? */
export const churn: Section = {
  name: "churn",
  title: "Churn: people join and leave, and many look at the list",
  run: async (bench) => {
    const size = churns[bench.pace];
    const runs = await runsOf(bench, async (contender) => [await churnOn(contender, size)]);
    const title = `${size.visitors} subscribers of the list of ${size.rooms} rooms, ${changesPerSecond} joins or leaves a second for ${size.seconds} s`;
    const share = byTheSeeds(runs, ({ cpuSeconds }) => cpuSeconds);
    return {
      tables: [{ title, rows: [...runs].map(rowOf), note }],
      bars: [atMost(`server CPU, ${ours.name} ÷ ${seed.name}`, share, 1 / 5), agreement(runs)],
    };
  },
};

const churnOn = (contender: Contender, size: Churn): Promise<Run> =>
  measuredOn(
    contender,
    async (server, visit) => {
      const all: Visitor[] = [];
      for (let n = 0; n < size.visitors; n++) {
        all.push(await visit(n));
        if (n >= size.rooms) continue;
        all[n]?.create(n);
        all[n]?.join(n);
      }
      // By then all have subscribed; who has not is sent the list at the next repetition.
      await sleep(300);
      all[0]?.ask();
      await agreed(server, all, { rooms: size.rooms, participants: size.rooms }, agreeMs);
      return all;
    },
    async (server, visitors) => agreed(server, visitors, await comeAndGo(visitors, size), agreeMs),
  );

/** Fulfilled after the last change, with what it leaves behind. */
const comeAndGo = async (visitors: ReadonlyArray<Visitor>, { rooms, seconds }: Churn): Promise<Outcome> => {
  const seated: { readonly who: Visitor; readonly room: number }[] = [];
  const began = performance.now();
  const all = changesPerSecond * seconds;
  for (let change = 0, next = rooms; change < all; change++) {
    const leaver = seated.length >= Math.min(seatedMax, visitors.length - rooms) ? seated.shift() : undefined;
    if (leaver !== undefined) leaver.who.leave(leaver.room);
    else {
      const who = visitors[next] as Visitor;
      who.join(change % rooms);
      seated.push({ who, room: change % rooms });
      next = next + 1 < visitors.length ? next + 1 : rooms;
    }
    await sleep(Math.max(0, began + ((change + 1) * 1_000) / changesPerSecond - performance.now()));
  }
  return { rooms, participants: rooms + seated.length };
};
