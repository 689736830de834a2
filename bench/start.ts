import { ours } from "./contender.js";
import type { Bench, Findings, Pace, Row, Section } from "./findings.js";
import { start } from "./servers.js";
import { type Spread, spreadOf } from "./spread.js";

/** How long from being started to the first answer over HTTP? */
export const startUp: Section = { name: "start", title: "Starting", run: (bench) => run(bench) };

const rounds: Readonly<Record<Pace, number>> = { full: 7, quick: 3, tiny: 1 };

const run = async (bench: Bench): Promise<Findings> => {
  const found = bench.contenders.map((): number[] => []);
  for (let round = 0; round < rounds[bench.pace]; round++)
    for (const [i, contender] of bench.contenders.entries()) {
      const server = await start(contender, { isMonitored: false });
      await server.stop();
      found[i]?.push(server.startMs);
    }
  const rows = bench.contenders.map(({ name }, i): Row => ({ name, cells: { ms: spreadOf(found[i] ?? []) } }));
  const measured = rows.find(({ name }) => name === ours.name)?.cells.ms as Spread;
  return {
    tables: [{ title: "From being spawned to the first HTTP answer", rows }],
    bars: [{ what: `${ours.name} answers at /health, ms`, measured, must: "at most", limit: 1_000 }],
  };
};
