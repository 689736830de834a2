import { setTimeout as sleep } from "node:timers/promises";
import { askInside } from "./ask.js";
import { type Contender, ours } from "./contender.js";
import type { Bar, Bench, Findings, Pace, Row, Section } from "./findings.js";
import { clientsOf, masked, quiet } from "./load.js";
import { openFilesMax, rssBytes } from "./process.js";
import { type Server, start } from "./servers.js";
import { spreadOf } from "./spread.js";

/** What does a client cost that is only there? */
export const idle: Section = { name: "idle", title: "Idle clients", run: (bench) => run(bench) };

const sizes: Readonly<Record<Pace, number>> = { full: 10_000, quick: 500, tiny: 100 };
/** Who tells everybody of everybody's coming would take minutes for more. */
const quadraticMax = 2_000;
/** At fewer, what the collector does by itself outweighs them. */
const coreClients = 10_000;
/** They come before the first look: what is made with the first clients does not count as the cost of each. */
const firstShare = 0.1;
/** Files that are open beside the sockets. */
const otherFiles = 200;
const settleMs: Readonly<Record<Pace, number>> = { full: 300, quick: 100, tiny: 10 };

const run = async (bench: Bench): Promise<Findings> => {
  const rows: Row[] = [];
  for (const contender of bench.contenders.filter(({ env }) => env.RECORD === undefined)) {
    const clients = Math.min(sizes[bench.pace], contender.isQuadratic ? quadraticMax : openFilesMax() - otherFiles);
    bench.progress(`${clients} clients of ${contender.name}`);
    rows.push({
      name: contender.name,
      cells: { clients, "RSS, KB each": await rssEach(contender, clients, settleMs[bench.pace]) },
    });
  }
  bench.progress("the core alone");
  const heap = await askInside<number>("heap", coreClients);
  const title = "Connections, each subscribed to one channel, after a garbage collection";
  return {
    tables: [
      { title, rows },
      {
        title: `Of that, the state of the core: ${coreClients.toLocaleString("en")} clients in the core alone`,
        rows: [{ name: ours.name, cells: { "heap, KB each": heap / 1_024 } }],
      },
    ],
    bars: [
      ...barOf("RSS, KB for each connection", Number(rows[0]?.cells["RSS, KB each"]), 12),
      ...barOf("heap of the core, KB for each client", heap / 1_024, 1.5),
    ],
  };
};

const barOf = (what: string, found: number, limit: number): ReadonlyArray<Bar> => [
  { what, measured: spreadOf([found]), must: "at most", limit },
];

const rssEach = async (contender: Contender, clients: number, ms: number): Promise<number> => {
  const server = await start(contender, { isMonitored: true });
  const first = Math.ceil(clients * firstShare);
  await come(server, [0, first]);
  const before = await rssAfterCollection(server, ms);
  await come(server, [first, clients]);
  const after = await rssAfterCollection(server, ms);
  await server.stop();
  return (after - before) / (clients - first) / 1_024;
};

const come = async (server: Server, range: readonly [number, number]): Promise<void> => {
  let bytes = 0;
  const clients = await clientsOf(server, range, () => (more) => {
    bytes += more.length;
  });
  for (const client of clients)
    for (const text of server.contender.dialect.subscribe("bench")) client.write(masked(text));
  await quiet(() => bytes);
};

const rssAfterCollection = async (server: Server, ms: number): Promise<number> => {
  for (let i = 0; i < 2; i++) {
    await server.ask("collect garbage");
    await sleep(ms);
  }
  return rssBytes(server.pid);
};
