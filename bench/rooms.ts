import { setTimeout as sleep } from "node:timers/promises";
import * as Ws from "ws";
import { type Contender, ours, seed } from "./contender.js";
import { clientOf, masked } from "./load.js";
import { type Figures, figures, inTurns, type Results, ratioOf, spreadOf } from "./rounds.js";
import { atLeast, atMost, type Bar, type Bench, type Pace, rowsOf, type Section } from "./section.js";
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
const listBeginning = Buffer.from('{"type":"server-room-list",');

/** Connects and subscribes. `count` is called with the bytes that come. */
const visitorOf = async (server: Server, n: number, count: (bytes: number) => void): Promise<Visitor> => {
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

/** A server of its own for one run. */
interface Stage {
  readonly visit: (n: number) => Promise<Visitor>;
  /** What is measured begins anew. */
  readonly begin: () => Promise<void>;
  /** Fulfilled when all of them agree with the outcome, or with false after `capMs`, or at a limit of the server's memory. */
  readonly agreed: (visitors: ReadonlyArray<Visitor>, outcome: Outcome) => Promise<boolean>;
}

/** After that a server is given up, and what it has sent by then is counted. */
const capMs: Readonly<Record<Pace, number>> = { full: 75_000, quick: 8_000, tiny: 5_000 };
/** What has not been taken waits in the server's memory: it shall not take the machine's. */
const rssBytesMax = 6e9;

const columns = {
  agree: "all agree (1: yes)",
  sent: "sent, MB",
  cpu: "server CPU, s",
  p99: "event-loop delay p99, ms",
};

/** @param play one run; fulfilled with whether all agree in the end */
const figuresOf = async (
  contender: Contender,
  capMs: number,
  play: (stage: Stage) => Promise<boolean>,
): Promise<Figures> => {
  const server = await start(contender, true);
  let bytes = 0;
  let [cpuBefore, began] = [server.cpuMicros(), performance.now()];
  const begin = async (): Promise<void> => {
    await server.ask("look");
    bytes = 0;
    [cpuBefore, began] = [server.cpuMicros(), performance.now()];
  };
  await begin();
  const isOver = await play({
    visit: (n) => visitorOf(server, n, (more) => (bytes += more)),
    begin,
    agreed: async (visitors, outcome) => {
      for (const end = performance.now() + capMs; performance.now() < end && server.rssBytes() < rssBytesMax; ) {
        // One that sees it is a good reason to ask all.
        if (agree(visitors.slice(-1), outcome) && agree(visitors, outcome)) return true;
        await sleep(20);
      }
      return false;
    },
  });
  const seconds = (performance.now() - began) / 1_000;
  const cpuSeconds = (server.cpuMicros() - cpuBefore) / 1e6;
  const { delayP99Ms, delayMaxMs } = await server.ask("look");
  await server.stop();
  return {
    [columns.agree]: Number(isOver),
    "after, s": seconds,
    [columns.sent]: bytes / 1e6,
    [columns.cpu]: cpuSeconds,
    [columns.p99]: delayP99Ms,
    "max, ms": delayMaxMs,
  };
};

const note =
  "Where they did not come to agree, the server was stopped at a limit of time or memory: it would have sent more. The delay is how late the event loop came to a timer of 10 ms.";

interface Drama {
  readonly title: string;
  readonly rounds: number;
  readonly play: (stage: Stage) => Promise<boolean>;
  readonly bars: (results: Results) => ReadonlyArray<Bar>;
}

/** Plays it with every server that keeps rooms. */
const findingsOf = async (bench: Bench, { title, rounds, play, bars }: Drama) => {
  const contenders = bench.contenders.filter(({ can, env }) => can.rooms && env.RECORD === undefined);
  const results = await inTurns(contenders, rounds, (contender) => {
    bench.progress(contender.name);
    return figuresOf(contender, capMs[bench.pace], play);
  });
  const agreement = spreadOf(figures(results, ours.name, columns.agree));
  const allAgree = atLeast(`${ours.name}: all see the same final list (1: yes)`, agreement, 1);
  return { tables: [{ title, rows: rowsOf(results), note }], bars: [...bars(results), ...allAgree] };
};

const byTheSeeds = (results: Results, column: string) =>
  ratioOf(figures(results, ours.name, column), figures(results, seed.name, column));

const storms = {
  full: { participants: 1_000, rooms: 100, arrivalMs: 1_000, rounds: 3 },
  quick: { participants: 300, rooms: 30, arrivalMs: 1_000, rounds: 1 },
  tiny: { participants: 20, rooms: 2, arrivalMs: 200, rounds: 1 },
};

/** Everybody comes at once, as after a deploy: how much is sent, and how long does the server not listen? */
export const storm: Section = {
  name: "storm",
  title: "A storm: all connect, subscribe to the rooms and join one within a second",
  run: (bench) => {
    const { participants, rooms, arrivalMs, rounds } = storms[bench.pace];
    const joiners = participants - rooms;
    /** The first of each ten create the rooms; the others come then, spread evenly over some time, whether or not the server keeps up. */
    const play = async ({ visit, agreed }: Stage): Promise<boolean> => {
      const creators = await Promise.all(Array.from({ length: rooms }, (_, room) => visit(room)));
      for (const [room, { create, join }] of creators.entries()) {
        create(room);
        join(room);
      }
      if (!(await agreed(creators, { rooms, participants: rooms }))) return false;
      const come = async (n: number): Promise<Visitor> => {
        await sleep((n * arrivalMs) / joiners);
        const visitor = await visit(rooms + n);
        visitor.join(n % rooms);
        return visitor;
      };
      const coming = Promise.all(Array.from({ length: joiners }, (_, n) => come(n)));
      const came = await Promise.race([coming, sleep(capMs[bench.pace])]);
      return came !== undefined && agreed([...creators, ...came], { rooms, participants });
    };
    return findingsOf(bench, {
      title: `${participants} clients, ${rooms} rooms, the first of each ten creates one; until all see the same final list`,
      rounds,
      play,
      bars: (results) => [
        ...atMost(`bytes sent, ${ours.name} ÷ ${seed.name}`, byTheSeeds(results, columns.sent), 1 / 20),
        ...atMost(`event-loop delay p99 of ${ours.name}, ms`, spreadOf(figures(results, ours.name, columns.p99)), 50),
      ],
    });
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

/** People come and go in the rooms all the time, and many look on: what does keeping them up to date cost? */
export const churn: Section = {
  name: "churn",
  title: "Churn: people join and leave, and many look at the list",
  run: (bench) => {
    const { visitors, rooms, seconds } = churns[bench.pace];
    const play = async ({ visit, begin, agreed }: Stage): Promise<boolean> => {
      const all: Visitor[] = [];
      for (let n = 0; n < visitors; n++) {
        all.push(await visit(n));
        if (n >= rooms) continue;
        all[n]?.create(n);
        all[n]?.join(n);
      }
      // By then all have subscribed; who has not is sent the list at the next repetition.
      await sleep(300);
      all[0]?.ask();
      await agreed(all, { rooms, participants: rooms });
      await begin();
      return agreed(all, await comeAndGo(all, rooms, changesPerSecond * seconds));
    };
    return findingsOf(bench, {
      title: `${visitors} subscribers of the list of ${rooms} rooms, ${changesPerSecond} joins or leaves a second for ${seconds} s`,
      rounds: 1,
      play,
      bars: (results) => atMost(`server CPU, ${ours.name} ÷ ${seed.name}`, byTheSeeds(results, columns.cpu), 1 / 5),
    });
  },
};

/** Fulfilled after the last change, with what it leaves behind. */
const comeAndGo = async (visitors: ReadonlyArray<Visitor>, rooms: number, changes: number): Promise<Outcome> => {
  const seated: { readonly who: Visitor; readonly room: number }[] = [];
  const began = performance.now();
  for (let change = 0, next = rooms; change < changes; change++) {
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
