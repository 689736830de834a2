import { setTimeout as sleep } from "node:timers/promises";
import { ours } from "./contender.js";
import { clientsOf, socketsMax } from "./load.js";
import { figures, inTurns, spreadOf } from "./rounds.js";
import { atMost, rowsOf, type Section } from "./section.js";
import { askInside, type Server, start } from "./servers.js";

const idleWork = {
  full: { most: 10_000, settleMs: 300 },
  quick: { most: 500, settleMs: 100 },
  tiny: { most: 100, settleMs: 10 },
};
/** A server that tells everybody of everybody's coming would take minutes for more. */
const quadraticMax = 2_000;
/** At fewer, what the collector does by itself outweighs them. */
const coreClients = 10_000;
const [rssEach, heapEach] = ["RSS, KB each", "heap, KB each"];

/** What does a client cost that is only there? */
export const idle: Section = {
  name: "idle",
  title: "Idle clients",
  run: async (bench) => {
    const { most, settleMs } = idleWork[bench.pace];
    const contenders = bench.contenders.filter(({ env }) => env.RECORD === undefined);
    const results = await inTurns(contenders, 1, async (contender) => {
      const clients = Math.min(most, contender.can.thousands ? socketsMax() : quadraticMax);
      bench.progress(`${clients} clients of ${contender.name}`);
      const server = await start(contender, true);
      const come = (from: number, to: number) =>
        clientsOf(server, [from, to], { say: () => [contender.speech.subscribe("bench")], hear: () => {} });
      // What is made with the first clients does not count as the cost of each.
      const first = Math.ceil(clients / 10);
      await come(0, first);
      const before = await rssAfterCollection(server, settleMs);
      await come(first, clients);
      const after = await rssAfterCollection(server, settleMs);
      await server.stop();
      return { clients, [rssEach]: (after - before) / (clients - first) / 1_024 };
    });
    bench.progress("the core alone");
    const heap = (await askInside("heap", coreClients)) / 1_024;
    const ofCore = `Of that, the state of the core: ${coreClients.toLocaleString("en")} clients in the core alone`;
    return {
      tables: [
        { title: "Connections, each subscribed to one channel, after a garbage collection", rows: rowsOf(results) },
        { title: ofCore, rows: [{ name: ours.name, cells: { [heapEach]: heap } }] },
      ],
      bars: [
        ...atMost("RSS, KB for each connection", spreadOf(figures(results, ours.name, rssEach)), 12),
        ...atMost("heap of the core, KB for each client", spreadOf([heap]), 1.5),
      ],
    };
  },
};

const rssAfterCollection = async (server: Server, ms: number): Promise<number> => {
  for (let i = 0; i < 2; i++) {
    await server.ask("collect garbage");
    await sleep(ms);
  }
  return server.rssBytes();
};

/** How long from being started to the first answer over HTTP? */
export const startUp: Section = {
  name: "start",
  title: "Starting",
  run: async (bench) => {
    const results = await inTurns(bench.contenders, bench.rounds, async (contender) => {
      const server = await start(contender);
      await server.stop();
      return { ms: server.startMs };
    });
    return {
      tables: [{ title: "From being spawned to the first HTTP answer", rows: rowsOf(results) }],
      bars: atMost(`${ours.name} answers at /health, ms`, spreadOf(figures(results, ours.name, "ms")), 1_000),
    };
  },
};
