import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { bare, type Contender, ours, socketIoServer } from "./contender.js";
import { type Engine, type EngineKind, isThere, nats, redis, startEngine } from "./engines.js";
import { entriesOf, type Joining, joins } from "./joins.js";
import { bareMember, type Member, type Open, seedMember, signalled, socketIoMember, v1Member } from "./members.js";
import {
  atMost,
  type Bench,
  type Figures,
  type Findings,
  figures,
  inTurns,
  quantile,
  type Results,
  ratioOf,
  rowsOf,
  type Section,
  spreadOf,
} from "./section.js";
import { type Server, start } from "./servers.js";

/** How many nodes, and what is between them. */
interface Layout {
  readonly name: string;
  readonly contender: Contender;
  readonly nodes: number;
  readonly engine?: EngineKind;
}

interface Running {
  readonly servers: ReadonlyArray<Server>;
  readonly engine: Engine | undefined;
  readonly nodesCpuMicros: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const run = async ({ contender, nodes, engine: kind }: Layout, folder: string): Promise<Running> => {
  const engine = kind === undefined ? undefined : await startEngine(kind, folder);
  const env = { ...contender.env, ...engine?.env };
  const servers: Server[] = [];
  for (let n = 0; n < nodes; n++) servers.push(await start({ ...contender, env }));
  return {
    servers,
    engine,
    nodesCpuMicros: async () => {
      const all = await Promise.all(servers.map((server) => server.ask("look")));
      return all.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
    },
    stop: async () => {
      for (const server of servers) await server.stop();
      await engine?.stop();
    },
  };
};

const [perSignal, engineEach, bytesEach] = ["CPU of all nodes, µs", "CPU of the engine, µs", "through the engine, B"];
const signalBytes = 1_024;

/** One of each pair is at the first node, the other at the node with this number. */
interface Way extends Layout {
  readonly open: Open;
  readonly other: number;
}

/** A way whose servers run, and whose pairs are there. */
interface OpenWay {
  readonly name: string;
  /** So many signals of each pair. */
  readonly signals: (rounds: number) => Promise<Figures>;
  readonly stop: () => Promise<void>;
}

const opened = async (way: Way, folder: string, pairs: number): Promise<OpenWay> => {
  const { servers, engine, nodesCpuMicros, stop } = await run(way, folder);
  const [one, other] = [servers[0] as Server, servers[way.other] as Server];
  const couples: Array<readonly [Member, Member]> = [];
  for (let i = 0; i < pairs; i++) {
    const [a, b] = [await way.open(one, 2 * i), await way.open(other, 2 * i + 1)];
    await a.join(i);
    await b.join(i);
    couples.push([a, b]);
  }
  // Nodes that have no part in it have clients, too.
  for (const [n, server] of servers.entries()) if (n > 0 && n !== way.other) await way.open(server, 2 * pairs + n);
  await sleep(200);
  return {
    name: way.name,
    signals: async (rounds) => {
      const [cpu, engineCpu, bytes] = [await nodesCpuMicros(), engine?.cpuMicros() ?? 0, (await engine?.bytes()) ?? 0];
      await signalled(couples, signalBytes, rounds);
      await sleep(60);
      const count = pairs * rounds;
      return {
        [perSignal]: ((await nodesCpuMicros()) - cpu) / count,
        [engineEach]: ((engine?.cpuMicros() ?? 0) - engineCpu) / count,
        [bytesEach]: (((await engine?.bytes()) ?? 0) - bytes) / count,
      };
    },
    stop,
  };
};

/** So many signals of each pair in a turn. */
type Work = Readonly<Record<"pairs" | "rounds" | "turns", number>>;

/** All ways run beside each other, and take turns with few signals each: a slow moment falls on all of them. */
const signalsOf = async (
  ways: ReadonlyArray<Way>,
  folder: string,
  { pairs, rounds, turns }: Work,
): Promise<Results> => {
  const all: OpenWay[] = [];
  for (const way of ways) all.push(await opened(way, folder, pairs));
  // Nothing is compiled yet.
  for (const { signals } of all) await signals(2 * rounds);
  const results = await inTurns(all, turns, ({ signals }) => signals(rounds));
  for (const { stop } of all) await stop();
  return results;
};

const [half, most, applied] = ["join p50, ms", "join p99, ms", "a new node reads the log, µs an entry"];

/** Joins at all nodes. Then one more is started, which reads all that there was. */
const joinsOf = async (layout: Layout, folder: string, joining: Joining): Promise<Figures> => {
  const { servers, engine, stop } = await run(layout, folder);
  const { contender } = layout;
  const startOfOneMore = async (): Promise<number> => {
    const more = await start({ ...contender, env: { ...contender.env, ...engine?.env } });
    await more.stop();
    return more.startMs;
  };
  // The first of all nodes waits for others that may know more: it is no measure of a start with nothing to read.
  const early = await startOfOneMore();
  const took = await joins(servers, joining);
  const found = { [half]: quantile(took, 0.5), [most]: quantile(took, 0.99) };
  const late = await startOfOneMore();
  await stop();
  if (engine === undefined) return found;
  return { ...found, [applied]: ((late - early) * 1_000) / entriesOf(joining) };
};

interface Guest {
  /** ms from now to being welcome as who it was, at another server. */
  readonly comeBack: (server: Server) => Promise<number>;
}

const socketTo = ({ port }: Server): WebSocket => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["signalbox.v1"], { perMessageDeflate: false });
  socket.on("error", () => {});
  return socket;
};

/** A client in a room of ten. */
const guestOf = async (server: Server, n: number): Promise<Guest> => {
  const socket = socketTo(server);
  await once(socket, "open");
  const texts: string[] = [];
  const next = async (type: string): Promise<Readonly<Record<string, unknown>>> => {
    for (;;) {
      const found = texts.find((text) => text.startsWith(`{"type":"${type}"`));
      if (found !== undefined) return JSON.parse(found);
      await once(socket, "message");
    }
  };
  socket.on("message", (data: Buffer) => texts.push(data.toString()));
  socket.send('{"type":"hello","id":1}');
  const { ticket } = await next("welcome");
  socket.send(JSON.stringify({ type: "join", id: 2, room: `room-${Math.floor(n / 10)}`, create: {} }));
  const { n: seen } = await next("result");
  return {
    comeBack: async (other) => {
      const began = performance.now();
      const again = socketTo(other);
      await once(again, "open");
      again.send(JSON.stringify({ type: "hello", id: 1, ticket, seen }));
      const [data] = await once(again, "message");
      const { type, resumed } = JSON.parse(String(data));
      if (type !== "welcome" || resumed !== true) throw new Error(`it was not resumed: ${String(data).slice(0, 200)}`);
      return performance.now() - began;
    },
  };
};

const [back, allBack] = ["welcome again p50, s", "all welcome again, s"];

/** Everybody at the first of two nodes, which is killed: all come to the second at once. */
const stormOf = async (layout: Layout, folder: string, clients: number): Promise<Figures> => {
  const { servers, stop } = await run(layout, folder);
  const [first, second] = servers as [Server, Server];
  const guests: Guest[] = [];
  for (let n = 0; n < clients; n += 50)
    guests.push(
      ...(await Promise.all(Array.from({ length: Math.min(50, clients - n) }, (_, i) => guestOf(first, n + i)))),
    );
  const { cpuMicros: before } = await second.ask("look");
  await first.stop();
  const took = await Promise.all(guests.map(({ comeBack }) => comeBack(second)));
  const { cpuMicros: after, delayMaxMs } = await second.ask("look");
  await stop();
  return {
    [back]: quantile(took, 0.5) / 1_000,
    [allBack]: quantile(took, 1) / 1_000,
    "CPU of the node, ms a client": (after - before) / clients / 1_000,
    "event loop late at most, ms": delayMaxMs,
  };
};

const alone = "one node, no cluster";
const nameOf = (nodes: number): string => `a cluster of ${["", "one", "two", "three"][nodes]}`;
const layoutOf = (nodes: number): Layout => ({ name: nameOf(nodes), contender: ours, nodes, engine: nats });
const aloneLayout: Layout = { name: alone, contender: ours, nodes: 1 };

const waysOf = (who: string, open: Open, [without, within]: readonly [Contender, EngineKind]): ReadonlyArray<Way> => {
  const common = { contender: without, open, engine: within };
  return [
    { name: `${who}: ${alone}`, contender: without, open, nodes: 1, other: 0 },
    { ...common, name: `${who}: ${nameOf(1)}`, nodes: 1, other: 0 },
    { ...common, name: `${who}: ${nameOf(2)}, within one`, nodes: 2, other: 0 },
    { ...common, name: `${who}: ${nameOf(2)}, across`, nodes: 2, other: 1 },
    { ...common, name: `${who}: ${nameOf(3)}, across`, nodes: 3, other: 1 },
  ];
};

const [v1, seeds, socketIo] = ["signalbox.v1", "the seed's protocol", "socket.io with Redis"];

const ratio = (results: Results, [mine, theirs]: readonly [string, string], column = perSignal) =>
  ratioOf(figures(results, mine, column), figures(results, theirs, column));

const answer = async ({ contenders, sizes, rounds, folder, progress }: Bench): Promise<Findings> => {
  if (!isThere(nats)) return { tables: [{ title: `Left out: there is no ${nats.program}`, rows: [] }], bars: [] };
  const isCompared = contenders.some(({ name }) => name === socketIoServer.name) && isThere(redis);
  const ways = [
    ...waysOf(v1, v1Member, [ours, nats]),
    ...waysOf(seeds, seedMember, [ours, nats]),
    ...waysOf(bare.name, bareMember, [bare, nats]).filter(({ engine }) => engine !== undefined),
    ...(isCompared ? waysOf(socketIo, socketIoMember, [socketIoServer, redis]) : []),
  ];
  const work = sizes<[Work]>(
    [{ pairs: 100, rounds: 40, turns: 11 }],
    [{ pairs: 50, rounds: 50, turns: 3 }],
    [{ pairs: 4, rounds: 4, turns: 1 }],
  )[0];
  const [some] = sizes([ways], [ways], [ways.filter(({ nodes }) => nodes === 2)]);
  progress(`${work.pairs} pairs signal`);
  const turns = Math.min(rounds, 3);
  const signals = await signalsOf(some, folder, work);
  const joining = sizes<[Joining]>(
    [{ clients: 400, perSecond: 200, seconds: 5, warmSeconds: 10, more: 17_200 }],
    [{ clients: 400, perSecond: 200, seconds: 3, warmSeconds: 5, more: 8_400 }],
    [{ clients: 10, perSecond: 50, seconds: 1, warmSeconds: 0, more: 10 }],
  )[0];
  const { perSecond } = joining;
  progress(`${perSecond} joins a second`);
  const layouts = [aloneLayout, ...sizes([1, 2, 3], [1, 2, 3], [1]).map(layoutOf)];
  const joined = await inTurns(layouts, turns, (layout) => joinsOf(layout, folder, joining));
  const [clients] = sizes([2_000], [300], [20]);
  progress(`a node of ${clients} clients is killed`);
  const stormed = await inTurns([layoutOf(2)], turns, (layout) => stormOf(layout, folder, clients));
  const across = (who: string, nodes: number): string => `${who}: ${nameOf(nodes)}, across`;
  return {
    tables: [
      {
        title: `A signal of 1 KB to one participant, ${work.pairs} pairs`,
        rows: rowsOf(signals),
        note: `Across: one of each pair is at the first node, the other at the second. With signalbox.v1 the sender is told what became of it, and the receiver says what it has; with the others neither.${isCompared ? "" : ` socket.io is left out: it is not installed, or ${redis.program} is not.`}`,
      },
      {
        title: `${perSecond} joins a second, and as many leaves, at all nodes in turn, with one NATS server`,
        rows: rowsOf(joined),
      },
      {
        title: `A node with ${clients.toLocaleString("en")} clients is killed, and all come to the other one at once`,
        rows: rowsOf(stormed),
      },
    ],
    bars: [
      ...atMost(
        "a signal across nodes ÷ within a node",
        ratio(signals, [across(v1, 2), `${v1}: ${nameOf(2)}, within one`]),
        2.5,
      ),
      ...atMost("a signal across, three nodes ÷ two", ratio(signals, [across(v1, 3), across(v1, 2)]), 1.05),
      ...atMost(
        "bytes of a signal across, three nodes ÷ two",
        ratio(signals, [across(v1, 3), across(v1, 2)], bytesEach),
        1.05,
      ),
      ...atMost(
        `a signal, ${nameOf(1)} ÷ no cluster`,
        ratio(signals, [`${v1}: ${nameOf(1)}`, `${v1}: ${alone}`]),
        1.05,
      ),
      ...atMost(
        `the seed's relay, ${nameOf(1)} ÷ no cluster`,
        ratio(signals, [`${seeds}: ${nameOf(1)}`, `${seeds}: ${alone}`]),
        1.05,
      ),
      ...[v1, seeds].flatMap((mine) =>
        atMost(
          `across two nodes, ${mine} ÷ ${socketIo}`,
          ratio(signals, [across(mine, 2), across(socketIo, 2)]),
          1 / 3,
        ),
      ),
      ...atMost(`p99 of a join, ${nameOf(1)}, ms`, spreadOf(figures(joined, nameOf(1), most)), 10),
      ...atMost(
        "a new node reads an entry of the log and applies it, µs",
        spreadOf(figures(joined, nameOf(1), applied)),
        100,
      ),
      ...atMost("all are welcome again, s", spreadOf(figures(stormed, nameOf(2), allBack)), 3),
    ],
  };
};

export const cluster: Section = { name: "cluster", title: "Several nodes", run: answer };
