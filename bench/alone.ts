import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ours } from "./contender.js";
import { groupOf } from "./group.js";
import type { Growth } from "./growth.js";
import { rssBytes, socketsMax, spreadOf } from "./measure.js";
import { atLeast, atMost, type Section } from "./section.js";
import { askInside, outputOf, type Server, start } from "./servers.js";

/** How fast is the pure function alone, and does an event cost more where more clients are? */
export const reduceSpeed: Section = {
  name: "reduce",
  title: "The core alone: `reduce`",
  run: async (bench) => {
    const { clients, events, rounds, most, runs, each } = reduceWork[bench.pace];
    bench.progress(`${events} events among ${clients} clients`);
    const speed = await askInside<Record<"reduced" | "addressed", number[]>>("speed", clients, events, rounds);
    const sizes = [1_000, most].flatMap((all) => [100, all].map((talkers) => ({ clients: all, talkers })));
    bench.progress("each kind of event, at several sizes");
    const kinds = await askInside<ReadonlyArray<Growth>>("growth", JSON.stringify(sizes), runs, each);
    const heads = sizes.map(({ clients: all, talkers }) => `${all} clients, ${talkers} talk`);
    const cellsOf = ({ costs, ratios }: Growth) =>
      heads.map((head, i) => [head, `${costs[i]?.toFixed(0)} × ${ratios[i]?.toFixed(2)}`]);
    const [reduced, addressed] = [spreadOf(speed.reduced), spreadOf(speed.addressed)];
    return {
      tables: [
        {
          title: `${clients} clients in rooms of ten; of 50 events 40 candidates, 2 offers, 2 answers, the rest joins, leaves, pings, requests`,
          rows: [
            { name: "reduce", cells: { "events a second": reduced } },
            { name: "reduce, and who gets each message", cells: { "events a second": addressed } },
          ],
        },
        {
          title: "Does an event cost more where more clients are?",
          rows: kinds.map((kind) => ({ name: kind.kind, cells: Object.fromEntries(cellsOf(kind)) })),
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
    const files = events.map((count) => ({ count, path: join(bench.folder, `${count}.ndjson`), took: [] as number[] }));
    let lineBytes = 0;
    for (const { path, count } of files) lineBytes = await askInside<number>("journal", path, count, 500);
    for (let round = 0; round < rounds; round++)
      for (const { path, count, took } of files) took.push(await secondsOf(path, count));
    const rows = files.map(({ count, took }) => ({
      name: `${count.toLocaleString("en")} events`,
      cells: { seconds: spreadOf(took), "events a second": spreadOf(took.map((seconds) => count / seconds)) },
    }));
    const longest = rows.at(-1)?.cells["events a second"] ?? spreadOf([]);
    return {
      tables: [{ title: `replay --json, ${lineBytes.toFixed(0)} B a line, on one core, start-up included`, rows }],
      bars: [atLeast("replay of a long journal, events a second", longest, 300_000)],
    };
  },
};
/** Of the first journal, what is measured is the start-up. The bar is held against the last. */
const journals = {
  full: { events: [100, 300_000, 1_200_000], rounds: 5 },
  quick: { events: [100, 20_000, 60_000], rounds: 2 },
  tiny: { events: [100, 1_000, 3_000], rounds: 1 },
};

const secondsOf = async (file: string, events: number): Promise<number> => {
  const command = new URL("../replay.js", import.meta.url).pathname;
  const began = performance.now();
  const answer = await outputOf("taskset", ["-c", "1", process.execPath, command, "--json", file]);
  const { events: found } = JSON.parse(answer) as { readonly events: number };
  if (found !== events) throw new Error(`the replay found ${found} events where ${events} were written`);
  return (performance.now() - began) / 1_000;
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
    const mine = rows[0]?.cells.ms ?? spreadOf([]);
    return {
      tables: [{ title: "From being spawned to the first HTTP answer", rows }],
      bars: [atMost(`${ours.name} answers at /health, ms`, mine, 1_000)],
    };
  },
};

/** What does a client cost that is only there? */
export const idle: Section = {
  name: "idle",
  title: "Idle clients",
  run: async (bench) => {
    const rows: {
      readonly name: string;
      readonly cells: { readonly clients: number; readonly "RSS, KB each": number };
    }[] = [];
    for (const contender of bench.contenders.filter(({ env }) => env.RECORD === undefined)) {
      const clients = Math.min(idleClients[bench.pace], contender.can.thousands ? socketsMax() : quadraticMax);
      bench.progress(`${clients} clients of ${contender.name}`);
      const server = await start(contender, { isMonitored: true });
      const group = groupOf(server, () => [contender.speech.subscribe("bench")]);
      // What is made with the first clients does not count as the cost of each.
      const first = Math.ceil(clients / 10);
      await group.growTo(first);
      const before = await rssAfterCollection(server);
      await group.growTo(clients);
      const after = await rssAfterCollection(server);
      await server.stop();
      rows.push({
        name: contender.name,
        cells: { clients, "RSS, KB each": (after - before) / (clients - first) / 1_024 },
      });
    }
    const heap = (await askInside<number>("heap", coreClients)) / 1_024;
    const mine = rows[0]?.cells["RSS, KB each"] ?? Number.NaN;
    return {
      tables: [
        { title: "Connections, each subscribed to one channel, after a garbage collection", rows },
        {
          title: `Of that, the state of the core: ${coreClients} clients in the core alone`,
          rows: [{ name: ours.name, cells: { "heap, KB each": heap } }],
        },
      ],
      bars: [
        atMost("RSS, KB for each connection", spreadOf([mine]), 12),
        atMost("heap of the core, KB for each client", spreadOf([heap]), 1.5),
      ],
    };
  },
};
const idleClients = { full: 10_000, quick: 500, tiny: 100 };
/** A server that tells everybody of everybody's coming would take minutes for more. */
const quadraticMax = 2_000;
/** At fewer, what the collector does by itself outweighs them. */
const coreClients = 10_000;

const rssAfterCollection = async (server: Server): Promise<number> => {
  for (let i = 0; i < 2; i++) {
    await server.ask("collect garbage");
    await sleep(200);
  }
  return rssBytes(server.pid);
};
