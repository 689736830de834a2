import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ours } from "./contender.js";
import { clientsOf, socketsMax } from "./load.js";
import { atLeast, atMost, figures, inTurns, rowsOf, type Section, spreadOf } from "./section.js";
import { askInside, outputOf, start } from "./servers.js";

const perSecond = "events a second";

/** How fast is the pure function alone, and does an event cost more where more clients are? */
export const reduceSpeed: Section = {
  name: "reduce",
  title: "The core alone: `reduce`",
  run: async ({ sizes, progress }) => {
    const [clients, events, rounds] = sizes([1_000, 200_000, 7], [1_000, 50_000, 3], [100, 2_000, 1]);
    const [most, runs, each] = sizes([100_000, 9, 5_000], [10_000, 3, 2_000], [2_000, 1, 100]);
    progress(`${events} events among ${clients} clients`);
    const speed = new Map(await askInside("speed", clients, events, rounds));
    progress("each kind of event, at several sizes");
    const places = [1_000, most].flatMap((all) => [100, all].map((talkers) => ({ clients: all, talkers })));
    const rows = (await askInside("kinds", places, runs, each)).map(({ kind, costs, ratios }) => {
      const cells = places.map(({ clients: all, talkers }, i) => [
        `${all.toLocaleString("en")} clients, ${talkers.toLocaleString("en")} talk`,
        `${costs[i]?.median.toFixed(0)} × ${ratios[i]?.median.toFixed(2)}`,
      ]);
      return { name: kind, cells: Object.fromEntries(cells) };
    });
    const note =
      "ns of CPU an event, × the cost in the first column. Where all clients talk in turn, next to nothing is in the processor's caches.";
    const title = `${clients} clients in rooms of ten; of 50 events 40 candidates, 2 offers, 2 answers, the rest joins, leaves, pings, requests`;
    return {
      tables: [
        { title, rows: rowsOf(speed) },
        { title: "Does an event cost more where more clients are?", rows, note },
      ],
      bars: atLeast("reduce, events a second", spreadOf(figures(speed, "reduce", perSecond)), 500_000),
    };
  },
};

/** How fast is a long journal read and replayed? */
export const replaySpeed: Section = {
  name: "replay",
  title: "Replaying a journal",
  run: async ({ rounds, sizes, progress, folder }) => {
    // Of the first journal, what is measured is the start-up. A bar is held against the last.
    const events = sizes([100, 300_000, 1_200_000], [100, 20_000, 60_000], [100, 1_000, 3_000]);
    progress(`journals of ${events.join(", ")} events are written`);
    const nameOf = (count: number): string => `${count.toLocaleString("en")} events`;
    const files = events.map((count) => ({ count, name: nameOf(count), path: join(folder, `${count}.ndjson`) }));
    let lineBytes = 0;
    for (const { path, count } of files) lineBytes = await askInside("journal", path, count, 500);
    const command = new URL("../main.js", import.meta.url).pathname;
    const results = await inTurns(files, rounds, async ({ path, count }) => {
      const began = performance.now();
      const answer = await outputOf("taskset", ["-c", "1", process.execPath, command, "replay", "--json", path]);
      const seconds = (performance.now() - began) / 1_000;
      const { events: found } = JSON.parse(answer) as { readonly events: number };
      if (found !== count) throw new Error(`the replay found ${found} events where ${count} were written`);
      return { seconds, [perSecond]: count / seconds };
    });
    const title = `replay --json, ${lineBytes.toFixed(0)} B a line, on one core, start-up included`;
    const longest = spreadOf(figures(results, nameOf(events.at(-1) ?? 0), perSecond));
    return {
      tables: [{ title, rows: rowsOf(results) }],
      bars: atLeast("replay of a long journal, events a second", longest, 300_000),
    };
  },
};

/** How long from being started to the first answer over HTTP? */
export const startUp: Section = {
  name: "start",
  title: "Starting",
  run: async ({ contenders, rounds }) => {
    const results = await inTurns(contenders, rounds, async (contender) => {
      const server = await start(contender, false);
      await server.stop();
      return { ms: server.startMs };
    });
    return {
      tables: [{ title: "From being spawned to the first HTTP answer", rows: rowsOf(results) }],
      bars: atMost(`${ours.name} answers at /health, ms`, spreadOf(figures(results, ours.name, "ms")), 1_000),
    };
  },
};

/** At fewer, what the collector does by itself outweighs them. */
const coreClients = 10_000;
const rssEach = "RSS, KB each";

/** What does a client cost that is only there? */
export const idle: Section = {
  name: "idle",
  title: "Idle clients",
  run: async ({ contenders, sizes, progress }) => {
    const [most, settleMs] = sizes([10_000, 300], [500, 100], [100, 10]);
    const results = await inTurns(contenders, 1, async (contender) => {
      // A server that tells everybody of everybody's coming would take minutes for more.
      const clients = Math.min(most, contender.isNaive ? 2_000 : socketsMax());
      progress(`${clients} clients of ${contender.name}`);
      const server = await start(contender);
      const come = async (from: number, to: number): Promise<number> => {
        await clientsOf(server, [from, to], { say: () => [contender.speech.subscribe("bench")] });
        for (let i = 0; i < 2; i++) {
          await server.ask("collect garbage");
          await sleep(settleMs);
        }
        return server.rssBytes();
      };
      // What is made with the first clients does not count as the cost of each.
      const first = Math.ceil(clients / 10);
      const before = await come(0, first);
      const after = await come(first, clients);
      await server.stop();
      return { clients, [rssEach]: (after - before) / (clients - first) / 1_024 };
    });
    progress("the core alone");
    const heap = (await askInside("heap", coreClients)) / 1_024;
    const ofCore = `Of that, the state of the core: ${coreClients.toLocaleString("en")} clients in the core alone`;
    return {
      tables: [
        { title: "Connections, each subscribed to one channel, after a garbage collection", rows: rowsOf(results) },
        { title: ofCore, rows: [{ name: ours.name, cells: { "heap, KB each": heap } }] },
      ],
      bars: [
        ...atMost("RSS, KB for each connection", spreadOf(figures(results, ours.name, rssEach)), 12),
        ...atMost("heap of the core, KB for each client", spreadOf([heap]), 1.5),
      ],
    };
  },
};
