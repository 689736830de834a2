import { setTimeout as sleep } from "node:timers/promises";
import * as Ws from "ws";
import { type Contender, ours, seed } from "./contender.js";
import { clientOf, masked } from "./load.js";
import { cpuMicros, median, rssBytes, spreadOf } from "./measure.js";
import { atLeast, atMost, type Bench, type Pace, type Section, type Table } from "./section.js";
import { type Server, start } from "./servers.js";

// @types/ws 8.18 lacks what ws 8.23 exports: it reads a server's frames.
const { Receiver } = Ws as unknown as { readonly Receiver: new (options: object) => NodeJS.WritableStream };

const channel = "webrtc-dashboard-rooms";
const listBeginning = Buffer.from('{"type":"server-room-list",');

/** A client that looks at the list of rooms, and may sit in one. `count` is called with the bytes that come. */
const visitorOf = async (server: Server, n: number, count: (bytes: number) => void) => {
  let list: Buffer = Buffer.alloc(0);
  const receiver = new Receiver({ skipUTF8Validation: true, allowSynchronousEvents: true });
  receiver.on("message", (data: Buffer) => {
    if (data.subarray(0, listBeginning.length).equals(listBeginning)) list = data;
  });
  const { write } = await clientOf(server, n, (bytes) => {
    count(bytes.length);
    // The memory is only lent, and a frame may end in later bytes.
    receiver.write(Buffer.from(bytes));
  });
  const [userId, userName] = [`user-${n}`, `User ${n}`];
  const say = (type: string, data: object): void => write(masked(JSON.stringify({ type, channel, data })));
  write(masked(JSON.stringify({ type: "subscribe", channel })));
  return {
    create: (room: number) =>
      say("room-created", { id: `room-${room}`, name: `Room ${room}`, host: userName, hostId: userId }),
    join: (room: number) => say("user-joined-room", { roomId: `room-${room}`, userId, userName }),
    leave: (room: number) => say("user-left-room", { roomId: `room-${room}`, userId }),
    /** Has the list sent to everybody. */
    ask: () => say("room-list-request", {}),
    /** The rooms as it was last sent them, without the time. */
    seen: () => list.toString().replace(/,"timestamp":"[^"]*"\}$/, ""),
  };
};
type Visitor = Awaited<ReturnType<typeof visitorOf>>;

const agree = (visitors: ReadonlyArray<Visitor>, rooms: number, participants: number): boolean => {
  const [view = "", ...others] = new Set(visitors.map(({ seen }) => seen()));
  const counts = [...view.matchAll(/"participantCount":(\d+)/g)].map(([, count]) => Number(count));
  return others.length === 0 && counts.length === rooms && counts.reduce((a, b) => a + b, 0) === participants;
};

/** What has not been taken waits in the server's memory: it shall not take the machine's. */
const rssBytesMax = 6e9;

/** What happens on a server, with its visitors. */
interface Scene {
  readonly visit: (n: number) => Promise<Visitor>;
  /** The first ones create the rooms and sit in them; fulfilled when they have come. */
  readonly creators: (rooms: number) => Promise<Visitor[]>;
  /** Waits until all agree, or gives up at a limit of time or memory; fulfilled with whether they do. */
  readonly agreed: (visitors: ReadonlyArray<Visitor>, rooms: number, participants: number) => Promise<boolean>;
}

interface Play {
  readonly name: string;
  readonly title: string;
  readonly capMs: number;
  readonly rounds: number;
  readonly prepare: (scene: Scene) => Promise<ReadonlyArray<Visitor>>;
  /** What is measured, until it is fulfilled with whether all agree. */
  readonly happen: (scene: Scene, visitors: ReadonlyArray<Visitor>) => Promise<boolean>;
}

const measuredOn = async (contender: Contender, { prepare, happen, capMs }: Play) => {
  const server = await start(contender, { isMonitored: true });
  let bytes = 0;
  const visit = (n: number): Promise<Visitor> => visitorOf(server, n, (more) => (bytes += more));
  const scene: Scene = {
    visit,
    creators: async (rooms) => {
      const all = await Promise.all(Array.from({ length: rooms }, (_, room) => visit(room)));
      for (const [room, visitor] of all.entries()) {
        visitor.create(room);
        visitor.join(room);
      }
      return all;
    },
    agreed: async (visitors, ...outcome) => {
      for (const end = performance.now() + capMs; performance.now() < end && rssBytes(server.pid) < rssBytesMax; ) {
        // One that sees it is a good reason to ask all.
        if (agree(visitors.slice(-1), ...outcome) && agree(visitors, ...outcome)) return true;
        await sleep(20);
      }
      return false;
    },
  };
  const visitors = await prepare(scene);
  await server.ask("look");
  bytes = 0;
  const [cpu, began] = [cpuMicros(server.pid), performance.now()];
  const isOver = await happen(scene, visitors);
  const [seconds, micros] = [(performance.now() - began) / 1_000, cpuMicros(server.pid) - cpu];
  const vitals = await server.ask("look");
  await server.stop();
  return { ...vitals, isOver, seconds, megabytes: bytes / 1e6, cpuSeconds: micros / 1e6 };
};
type Run = Awaited<ReturnType<typeof measuredOn>>;

const note =
  "Where they did not come to agree, the server was stopped at a limit of time or memory: it would have sent more. The delay is how late the event loop came to a timer of 10 ms.";

const played = async (bench: Bench, play: Play) => {
  const runs = new Map<string, Run[]>();
  for (const contender of bench.contenders.filter(({ can, env }) => can.rooms && env.RECORD === undefined)) {
    bench.progress(contender.name);
    const own: Run[] = [];
    while (own.length < (contender.can.thousands ? play.rounds : 1)) own.push(await measuredOn(contender, play));
    runs.set(contender.name, own);
  }
  const rows = [...runs].map(([name, all]) => ({
    name,
    cells: {
      "all agree": all.every(({ isOver }) => isOver) ? "yes" : "NO",
      "after, s": spreadOf(all.map(({ seconds }) => seconds)),
      "sent, MB": spreadOf(all.map(({ megabytes }) => megabytes)),
      "server CPU, s": spreadOf(all.map(({ cpuSeconds }) => cpuSeconds)),
      "event-loop delay p99, ms": spreadOf(all.map(({ delayP99Ms }) => delayP99Ms)),
      "max, ms": spreadOf(all.map(({ delayMaxMs }) => delayMaxMs)),
    },
  }));
  const of = (figure: (run: Run) => number, { name } = ours) => spreadOf((runs.get(name) ?? []).map(figure));
  const table: Table = { title: play.title, rows, note };
  return {
    table,
    of,
    byTheSeeds: (figure: (run: Run) => number) =>
      of((run) => figure(run) / median((runs.get(seed.name) ?? []).map(figure))),
    agreement: atLeast(
      `${ours.name}: all see the same final list (1: yes)`,
      of(({ isOver }) => Number(isOver)),
      1,
    ),
  };
};

const storms = {
  full: { participants: 1_000, rooms: 100, arrivalMs: 1_000, rounds: 3, capMs: 75_000 },
  quick: { participants: 300, rooms: 30, arrivalMs: 1_000, rounds: 1, capMs: 8_000 },
  tiny: { participants: 20, rooms: 2, arrivalMs: 200, rounds: 1, capMs: 5_000 },
};

/** The first of each ten create the rooms; the others come then, spread evenly over some time, whether or not the server keeps up. */
const stormOf = ({ participants, rooms, arrivalMs, ...limits }: (typeof storms)[Pace]): Play => ({
  ...limits,
  name: "storm",
  title: `${participants} clients, ${rooms} rooms, the first of each ten creates one; until all see the same final list`,
  prepare: async () => [],
  happen: async ({ visit, creators, agreed }) => {
    const all = await creators(rooms);
    if (!(await agreed(all, rooms, rooms))) return false;
    const join = async (n: number): Promise<number> => {
      const visitor = await visit(n);
      visitor.join(n % rooms);
      return all.push(visitor);
    };
    const began = performance.now();
    for (let n = rooms; n < participants; await sleep(1))
      for (
        const due = rooms + ((performance.now() - began) * (participants - rooms)) / arrivalMs;
        n < Math.min(due, participants);
      )
        join(n++);
    for (const end = performance.now() + limits.capMs; all.length < participants && performance.now() < end; )
      await sleep(20);
    return agreed(all, rooms, participants);
  },
});

/** Everybody comes at once, as after a deploy: how much is sent, and how long does the server not listen? */
export const storm: Section = {
  name: "storm",
  title: "A storm: all connect, subscribe to the rooms and join one within a second",
  run: async (bench) => {
    const { table, of, byTheSeeds, agreement } = await played(bench, stormOf(storms[bench.pace]));
    const sent = byTheSeeds(({ megabytes }) => megabytes);
    const delay = of(({ delayP99Ms }) => delayP99Ms);
    return {
      tables: [table],
      bars: [
        atMost(`bytes sent, ${ours.name} ÷ ${seed.name}`, sent, 1 / 20),
        atMost(`event-loop delay p99 of ${ours.name}, ms`, delay, 50),
        agreement,
      ],
    };
  },
};

const churns = {
  full: { visitors: 1_000, rooms: 100, seconds: 10 },
  quick: { visitors: 300, rooms: 50, seconds: 2 },
  tiny: { visitors: 20, rooms: 5, seconds: 0.5 },
};
const changesPerSecond = 50;
/** So many sit in rooms beside those who created them; then for each one who joins one leaves. */
const seatedMax = 20;

const churnOf = ({ visitors: most, rooms, seconds }: (typeof churns)[Pace]): Play => ({
  name: "churn",
  title: `${most} subscribers of the list of ${rooms} rooms, ${changesPerSecond} joins or leaves a second for ${seconds} s`,
  rounds: 1,
  capMs: 30_000,
  prepare: async ({ visit, creators, agreed }) => {
    const all = await creators(rooms);
    while (all.length < most) all.push(await visit(all.length));
    // By then all have subscribed; who has not is sent the list at the next repetition.
    await sleep(300);
    all[0]?.ask();
    await agreed(all, rooms, rooms);
    return all;
  },
  happen: async ({ agreed }, visitors) => {
    const seated: { readonly who: Visitor | undefined; readonly room: number }[] = [];
    const began = performance.now();
    for (let change = 0, next = rooms; change < changesPerSecond * seconds; change++) {
      const leaver = seated.length >= Math.min(seatedMax, most - rooms) ? seated.shift() : undefined;
      if (leaver !== undefined) leaver.who?.leave(leaver.room);
      else {
        seated.push({ who: visitors[next], room: change % rooms });
        visitors[next]?.join(change % rooms);
        next = next + 1 < most ? next + 1 : rooms;
      }
      await sleep(Math.max(0, began + ((change + 1) * 1_000) / changesPerSecond - performance.now()));
    }
    return agreed(visitors, rooms, rooms + seated.length);
  },
});

/** People come and go in the rooms all the time, and many look on: what does keeping them up to date cost? */
export const churn: Section = {
  name: "churn",
  title: "Churn: people join and leave, and many look at the list",
  run: async (bench) => {
    const { table, byTheSeeds, agreement } = await played(bench, churnOf(churns[bench.pace]));
    const share = byTheSeeds(({ cpuSeconds }) => cpuSeconds);
    return { tables: [table], bars: [atMost(`server CPU, ${ours.name} ÷ ${seed.name}`, share, 1 / 5), agreement] };
  },
};
