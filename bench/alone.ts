import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ours } from "./contender.js";
import type { Growth } from "./growth.js";
import { clientsOf, masked, quiet } from "./load.js";
import { rssBytes, socketsMax, spreadOf } from "./measure.js";
import { atLeast, atMost, type Pace, type Row, type Section } from "./section.js";
import { askInside, outputOf, type Server, start } from "./servers.js";

/** How fast is the pure function alone, and does an event cost more where more clients are? */
export const reduceSpeed: Section = {
  name: "reduce",
  title: "The core alone: `reduce`",
  run: async (bench) => {
    const { clients, events, rounds, most, runs, each } = reduceWork[bench.pace];
    bench.progress(`${events} events among ${clients} clients`);
    const speed = await askInside<Record<"reduced" | "addressed", number[]>>("speed", clients, events, rounds);
    bench.progress("each kind of event, at several sizes");
    const sizes = [1_000, most].flatMap((all) => [100, all].map((talkers) => ({ clients: all, talkers })));
    const kinds = await askInside<ReadonlyArray<Growth>>("growth", JSON.stringify(sizes), runs, each);
    const rows = kinds.map(({ kind, costs, ratios }): Row => {
      const cells = sizes.map(({ clients: all, talkers }, i) => [
        `${all.toLocaleString("en")} clients, ${talkers.toLocaleString("en")} talk`,
        `${costs[i]?.toFixed(0)} × ${ratios[i]?.toFixed(2)}`,
      ]);
      return { name: kind, cells: Object.fromEntries(cells) };
    });
    const reduced = spreadOf(speed.reduced);
    return {
      tables: [
        {
          title: `${clients} clients in rooms of ten; of 50 events 40 candidates, 2 offers, 2 answers, the rest joins, leaves, pings, requests`,
          rows: [
            { name: "reduce", cells: { "events a second": reduced } },
            { name: "reduce, and who gets each message", cells: { "events a second": spreadOf(speed.addressed) } },
          ],
        },
        {
          title: "Does an event cost more where more clients are?",
          rows,
          note: "ns an event, × the cost in the first column. Where all clients talk in turn, next to nothing is in the processor's caches.",
        },
      ],
      bars: [atLeast("reduce, events a second", reduced, 500_000)],
    };
  },
};
const reduceWork = {
  full: { clients: 1_000, events: 200_000, rounds: 7, most: 100_000, runs: 9, each: 5_000 },
  quick: { clients: 1_000, events: 50_000, rounds: 3, most: 10_000, runs: 3, each: 2_000 },
  tiny: { clients: 100, events: 2_000, rounds: 1, most: 2_000, runs: 1, each: 100 },
};

/** How fast is a long journal read and replayed? */
export const replaySpeed: Section = {
  name: "replay",
  title: "Replaying a journal",
  run: async (bench) => {
    const { events, rounds } = journals[bench.pace];
    bench.progress(`journals of ${events.join(", ")} events are written`);
    const files = events.map((count) => ({
      count,
      path: join(bench.folder, `${count}.ndjson`),
      seconds: [] as number[],
    }));
    let lineBytes = 0;
    for (const { path, count } of files) lineBytes = await askInside<number>("journal", path, count, 500);
    for (let round = 0; round < rounds; round++)
      for (const { path, count, seconds } of files) seconds.push(await secondsOf(path, count));
    const rows = files.map(({ count, seconds }) => ({
      name: `${count.toLocaleString("en")} events`,
      cells: { seconds: spreadOf(seconds), "events a second": spreadOf(seconds.map((took) => count / took)) },
    }));
    const longest = rows.at(-1)?.cells["events a second"] ?? spreadOf([]);
    return {
      tables: [{ title: `replay --json, ${lineBytes.toFixed(0)} B a line, on one core, start-up included`, rows }],
      bars: [atLeast("replay of a long journal, events a second", longest, 300_000)],
    };
  },
};
/** Of the first journal, what is measured is the start-up. A bar is held against the last. */
const journals: Readonly<Record<Pace, { readonly events: ReadonlyArray<number>; readonly rounds: number }>> = {
  full: { events: [100, 300_000, 1_200_000], rounds: 5 },
  quick: { events: [100, 20_000, 60_000], rounds: 2 },
  tiny: { events: [100, 1_000, 3_000], rounds: 1 },
};

const secondsOf = async (file: string, events: number): Promise<number> => {
  const command = new URL("../replay.js", import.meta.url).pathname;
  const began = performance.now();
  const answer = await outputOf("taskset", ["-c", "1", process.execPath, command, "--json", file]);
  const seconds = (performance.now() - began) / 1_000;
  const { events: found } = JSON.parse(answer) as { readonly events: number };
  if (found !== events) throw new Error(`the replay found ${found} events where ${events} were written`);
  return seconds;
};

/** How long from being started to the first answer over HTTP? */
export const startUp: Section = {
  name: "start",
  title: "Starting",
  run: async (bench) => {
    const found = new Map(bench.contenders.map((contender) => [contender, [] as number[]]));
    for (let round = 0; round < bench.effort.rounds; round++)
      for (const [contender, ms] of found) {
        const server = await start(contender, { isMonitored: false });
        await server.stop();
        ms.push(server.startMs);
      }
    const rows = [...found].map(([{ name }, ms]) => ({ name, cells: { ms: spreadOf(ms) } }));
    return {
      tables: [{ title: "From being spawned to the first HTTP answer", rows }],
      bars: [atMost(`${ours.name} answers at /health, ms`, rows[0]?.cells.ms ?? spreadOf([]), 1_000)],
    };
  },
};

/** What does a client cost that is only there? */
export const idle: Section = {
  name: "idle",
  title: "Idle clients",
  run: async (bench) => {
    const { clients: all, settleMs } = idleWork[bench.pace];
    const rows: {
      readonly name: string;
      readonly cells: { readonly clients: number; readonly "RSS, KB each": number };
    }[] = [];
    for (const contender of bench.contenders.filter(({ env }) => env.RECORD === undefined)) {
      const clients = Math.min(all, contender.can.thousands ? socketsMax() : quadraticMax);
      bench.progress(`${clients} clients of ${contender.name}`);
      const server = await start(contender, { isMonitored: true });
      // What is made with the first clients does not count as the cost of each.
      const first = Math.ceil(clients / 10);
      await come(server, [0, first]);
      const before = await rssAfterCollection(server, settleMs);
      await come(server, [first, clients]);
      const after = await rssAfterCollection(server, settleMs);
      await server.stop();
      rows.push({
        name: contender.name,
        cells: { clients, "RSS, KB each": (after - before) / (clients - first) / 1_024 },
      });
    }
    bench.progress("the core alone");
    const heap = (await askInside<number>("heap", coreClients)) / 1_024;
    const ofCore = `Of that, the state of the core: ${coreClients.toLocaleString("en")} clients in the core alone`;
    return {
      tables: [
        { title: "Connections, each subscribed to one channel, after a garbage collection", rows },
        { title: ofCore, rows: [{ name: ours.name, cells: { "heap, KB each": heap } }] },
      ],
      bars: [
        atMost("RSS, KB for each connection", spreadOf([rows[0]?.cells["RSS, KB each"] ?? Number.NaN]), 12),
        atMost("heap of the core, KB for each client", spreadOf([heap]), 1.5),
      ],
    };
  },
};
const idleWork: Readonly<Record<Pace, { readonly clients: number; readonly settleMs: number }>> = {
  full: { clients: 10_000, settleMs: 300 },
  quick: { clients: 500, settleMs: 100 },
  tiny: { clients: 100, settleMs: 10 },
};
/** A server that tells everybody of everybody's coming would take minutes for more. */
const quadraticMax = 2_000;
/** At fewer, what the collector does by itself outweighs them. */
const coreClients = 10_000;

const come = async (server: Server, range: readonly [number, number]): Promise<void> => {
  let bytes = 0;
  const clients = await clientsOf(server, range, () => (more) => {
    bytes += more.length;
  });
  for (const client of clients) client.write(masked(server.contender.speech.subscribe("bench")));
  await quiet(() => bytes);
};

const rssAfterCollection = async (server: Server, ms: number): Promise<number> => {
  for (let i = 0; i < 2; i++) {
    await server.ask("collect garbage");
    await sleep(ms);
  }
  return rssBytes(server.pid);
};
