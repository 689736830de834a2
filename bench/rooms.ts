import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Contender, ours, seed } from "./contender.js";
import type { Bar, Bench, Figures, Findings, Results, Section } from "./section.js";
import { atLeast, atMost, figures, inTurns, rowsOf, spreadOf } from "./section.js";
import { type Server, start } from "./servers.js";

const channel = "webrtc-dashboard-rooms";
const listBeginning = Buffer.from('{"type":"server-room-list",');

/** A client that looks at the list of rooms, and may sit in one. `count` is called with the bytes of each message that comes. */
const visitorOf = async ({ port }: Server, n: number, count: (bytes: number) => void) => {
  let list: Buffer = Buffer.alloc(0);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false, skipUTF8Validation: true });
  socket.on("message", (data: Buffer) => {
    count(data.length);
    if (data.subarray(0, listBeginning.length).equals(listBeginning)) list = data;
  });
  await once(socket, "open");
  // The server may be stopped while it still sends.
  socket.on("error", () => {});
  const user = { userId: `user-${n}`, userName: `User ${n}` };
  const say = (type: string, data: object): void => socket.send(JSON.stringify({ type, channel, data }));
  say("subscribe", {});
  const join = (room: number): void => say("user-joined-room", { roomId: `room-${room}`, ...user });
  return {
    join,
    open: (room: number): void => {
      say("room-created", { id: `room-${room}`, name: `Room ${room}`, host: user.userName, hostId: user.userId });
      join(room);
    },
    leave: (room: number): void => say("user-left-room", { roomId: `room-${room}`, userId: user.userId }),
    /** The rooms as it was last sent them, without the time. */
    seen: (): string => list.toString().replace(/,"timestamp":"[^"]*"\}$/, ""),
  };
};
type Visitor = Awaited<ReturnType<typeof visitorOf>>;

/** What has not been taken waits in the server's memory: it shall not take the machine's. */
const rssBytesMax = 6e9;
const [agreement, sent] = ["all agree (1: yes)", "sent, MB"];
const [cpu, delayP99] = ["server CPU, s", "event-loop delay p99, ms"];

/** A server of its own for one run. */
const stageOn = async (contender: Contender, ms: number) => {
  const server = await start(contender);
  let [bytes, cpuBefore, began] = [0, 0, performance.now()];
  return {
    visit: (n: number): Promise<Visitor> => visitorOf(server, n, (more) => (bytes += more)),
    /** What is measured begins here. */
    begin: async (): Promise<void> => {
      const { cpuMicros } = await server.ask("look");
      [bytes, cpuBefore, began] = [0, cpuMicros, performance.now()];
    },
    /** Fulfilled when all see the same list, of so many; or with false, at a limit of time or of the server's memory. */
    agreed: async (visitors: ReadonlyArray<Visitor>, rooms: number, participants: number): Promise<boolean> => {
      const agree = (some: ReadonlyArray<Visitor>): boolean => {
        const [view = "", ...others] = new Set(some.map(({ seen }) => seen()));
        const counts = [...view.matchAll(/"participantCount":(\d+)/g)].map(([, count]) => Number(count));
        return others.length === 0 && counts.length === rooms && counts.reduce((a, b) => a + b, 0) === participants;
      };
      for (const end = performance.now() + ms; performance.now() < end && server.rssBytes() < rssBytesMax; ) {
        // One that sees it is a good reason to ask all.
        if (agree(visitors.slice(-1)) && agree(visitors)) return true;
        await sleep(20);
      }
      return false;
    },
    end: async (isAgreed: boolean): Promise<Figures> => {
      const [seconds, megabytes] = [(performance.now() - began) / 1_000, bytes / 1e6];
      const { cpuMicros, delayP99Ms, delayMaxMs } = await server.ask("look");
      await server.stop();
      const told = { [agreement]: Number(isAgreed), "after, s": seconds, [sent]: megabytes };
      return { ...told, [cpu]: (cpuMicros - cpuBefore) / 1e6, [delayP99]: delayP99Ms, "max, ms": delayMaxMs };
    },
  };
};
type Stage = Awaited<ReturnType<typeof stageOn>>;

/** Fulfilled with whether all agree in the end. A server is given up after `capMs`, and what it has sent by then is counted. */
type Play = { readonly play: (stage: Stage) => Promise<boolean>; readonly rounds: number; readonly capMs: number };

/** A naive server takes part once only: it sends tens of GB. */
const played = async ({ contenders, progress }: Bench, { play, rounds, capMs }: Play): Promise<Results> => {
  const trial = async (contender: Contender): Promise<Figures> => {
    progress(contender.name);
    const stage = await stageOn(contender, capMs);
    return stage.end(await play(stage));
  };
  const [naive, others] = [true, undefined].map((isNaive) => contenders.filter((each) => each.isNaive === isNaive));
  return new Map([...(await inTurns(others ?? [], rounds, trial)), ...(await inTurns(naive ?? [], 1, trial))]);
};

const findingsOf = (title: string, results: Results, bars: ReadonlyArray<Bar>): Findings => {
  const all = spreadOf(figures(results, ours.name, agreement));
  const allAgree = atLeast(`${ours.name}: all see the same final list (1: yes)`, all, 1);
  const note =
    "Where they did not come to agree, the server was stopped at a limit of time or memory: it would have sent more. The delay is how late the event loop came to a timer of 10 ms.";
  return { tables: [{ title, rows: rowsOf(results), note }], bars: [...bars, ...allAgree] };
};

/** Ours, round by round, by what the seed needed. */
const byTheSeeds = (what: string, [results, column]: readonly [Results, string], limit: number): ReadonlyArray<Bar> => {
  const [theirs = Number.NaN] = figures(results, seed.name, column);
  const ratio = spreadOf(figures(results, ours.name, column).map((mine) => mine / theirs));
  return atMost(`${what}, ${ours.name} ÷ ${seed.name}`, ratio, limit);
};

/** Everybody comes at once, as after a deploy: how much is sent, and how long does the server not listen? */
export const storm: Section = {
  name: "storm",
  title: "A storm: all connect, subscribe to the rooms and join one within a second",
  run: async (bench) => {
    const [participants, rooms, rounds] = bench.sizes([1_000, 100, 3], [300, 30, 1], [20, 2, 1]);
    const [arrivalMs, capMs] = bench.sizes([1_000, 75_000], [1_000, 8_000], [200, 5_000]);
    /** The creators of the rooms first; then the others, spread evenly over some time, whether or not the server keeps up. */
    const play = async ({ visit, begin, agreed }: Stage): Promise<boolean> => {
      await begin();
      const creators = await Promise.all(Array.from({ length: rooms }, (_, room) => visit(room)));
      for (const [room, { open }] of creators.entries()) open(room);
      if (!(await agreed(creators, rooms, rooms))) return false;
      const others = participants - rooms;
      const come = async (n: number): Promise<Visitor> => {
        await sleep((n * arrivalMs) / others);
        const visitor = await visit(rooms + n);
        visitor.join(n % rooms);
        return visitor;
      };
      const coming = Promise.all(Array.from({ length: others }, (_, n) => come(n)));
      const came = await Promise.race([coming, sleep(capMs)]);
      return came !== undefined && agreed([...creators, ...came], rooms, participants);
    };
    const title = `${participants} clients, ${rooms} rooms, the first of each ten creates one; until all see the same final list`;
    const results = await played(bench, { rounds, capMs, play });
    return findingsOf(title, results, [
      ...byTheSeeds("bytes sent", [results, sent], 1 / 20),
      ...atMost(`event-loop delay p99 of ${ours.name}, ms`, spreadOf(figures(results, ours.name, delayP99)), 50),
    ]);
  },
};

const changesPerSecond = 50;
/** So many sit in rooms beside those who created them; then for each one who joins one leaves. */
const seatedMax = 20;

/** People come and go in the rooms all the time, and many look on: what does keeping them up to date cost? */
export const churn: Section = {
  name: "churn",
  title: "Churn: people join and leave, and many look at the list",
  run: async (bench) => {
    const [visitors, rooms, seconds] = bench.sizes([1_000, 100, 10], [300, 50, 2], [20, 5, 0.5]);
    const play = async ({ visit, begin, agreed }: Stage): Promise<boolean> => {
      const all: Visitor[] = [];
      for (let n = 0; n < visitors; n++) all.push(await visit(n));
      for (const [room, { open }] of all.slice(0, rooms).entries()) open(room);
      await agreed(all, rooms, rooms);
      await begin();
      return agreed(all, rooms, rooms + (await comeAndGo(all.slice(rooms), rooms, changesPerSecond * seconds)));
    };
    const title = `${visitors} subscribers of the list of ${rooms} rooms, ${changesPerSecond} joins or leaves a second for ${seconds} s`;
    const results = await played(bench, { rounds: 1, capMs: 30_000, play });
    return findingsOf(title, results, byTheSeeds("server CPU", [results, cpu], 1 / 5));
  },
};

/** People join and leave the rooms; fulfilled after the last change, with how many are then seated. */
const comeAndGo = async (people: ReadonlyArray<Visitor>, rooms: number, changes: number): Promise<number> => {
  const leavers: (() => void)[] = [];
  const began = performance.now();
  for (let change = 0, joins = 0; change < changes; change++) {
    if (leavers.length >= Math.min(seatedMax, people.length)) leavers.shift()?.();
    else {
      const [who, room] = [people[joins % people.length] as Visitor, joins % rooms];
      who.join(room);
      leavers.push(() => who.leave(room));
      joins += 1;
    }
    await sleep(Math.max(0, began + ((change + 1) * 1_000) / changesPerSecond - performance.now()));
  }
  return leavers.length;
};
