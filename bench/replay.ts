import { join } from "node:path";
import { askInside, said } from "./ask.js";
import type { Bench, Findings, Pace, Section } from "./findings.js";
import { spreadOf } from "./spread.js";

/** How fast is a long journal read and replayed? */
export const replaySpeed: Section = { name: "replay", title: "Replaying a journal", run: (bench) => run(bench) };

/** Journals of so many events; of the first, what is measured is the start-up. A bar is held against the last. */
const sizes: Readonly<Record<Pace, { readonly events: readonly [number, number, number]; readonly rounds: number }>> = {
  full: { events: [100, 300_000, 1_200_000], rounds: 5 },
  quick: { events: [100, 20_000, 60_000], rounds: 2 },
  tiny: { events: [100, 1_000, 3_000], rounds: 1 },
};
const clients = 500;
const command = new URL("../replay.js", import.meta.url).pathname;

const run = async (bench: Bench): Promise<Findings> => {
  const { events, rounds } = sizes[bench.pace];
  bench.progress(`journals of ${events.join(", ")} events are written`);
  const files = events.map((count) => ({
    count,
    path: join(bench.folder, `${count}.ndjson`),
    seconds: [] as number[],
  }));
  let lineBytes = 0;
  for (const { path, count } of files) lineBytes = await askInside<number>("journal", path, count, clients);
  for (let round = 0; round < rounds; round++) {
    bench.progress(`round ${round + 1} of ${rounds}`);
    for (const { path, count, seconds } of files) seconds.push(await secondsOf(path, count));
  }
  const rows = files.map(({ count, seconds }) => ({
    name: `${count.toLocaleString("en")} events`,
    cells: { seconds: spreadOf(seconds), "events a second": spreadOf(seconds.map((took) => count / took)) },
  }));
  const longest = rows.at(-1)?.cells["events a second"] ?? spreadOf([]);
  return {
    tables: [{ title: `replay --json, ${lineBytes.toFixed(0)} B a line, on one core, start-up included`, rows }],
    bars: [{ what: "replay of a long journal, events a second", measured: longest, must: "at least", limit: 300_000 }],
  };
};

const secondsOf = async (file: string, events: number): Promise<number> => {
  const replay = [process.execPath, command, "--json", file];
  const began = performance.now();
  const answer = await said("taskset", ["-c", "1", ...replay]);
  const seconds = (performance.now() - began) / 1_000;
  const { events: found } = JSON.parse(answer) as { readonly events: number };
  if (found !== events) throw new Error(`the replay found ${found} events where ${events} were written`);
  return seconds;
};
