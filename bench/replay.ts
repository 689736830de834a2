import { join } from "node:path";
import { askInside, said } from "./ask.js";
import type { Bench, Findings, Pace, Section } from "./findings.js";
import { spreadOf } from "./spread.js";

/** How fast is a long journal read and replayed? */
export const replaySpeed: Section = { name: "replay", title: "Replaying a journal", run: (bench) => run(bench) };

const sizes: Readonly<Record<Pace, { readonly events: number; readonly rounds: number }>> = {
  full: { events: 300_000, rounds: 5 },
  quick: { events: 50_000, rounds: 2 },
  tiny: { events: 3_000, rounds: 1 },
};
const clients = 500;
const few = 100;
const command = new URL("../replay.js", import.meta.url).pathname;

const run = async (bench: Bench): Promise<Findings> => {
  const { events, rounds } = sizes[bench.pace];
  const [file, small] = [join(bench.folder, "long.ndjson"), join(bench.folder, "short.ndjson")];
  bench.progress(`a journal of ${events} events is written`);
  const lineBytes = await askInside<number>("journal", file, events, clients);
  await askInside<number>("journal", small, few, clients);
  const whole: number[] = [];
  const startUps: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bench.progress(`round ${round + 1} of ${rounds}`);
    startUps.push(await secondsOf(small, few));
    whole.push(await secondsOf(file, events));
  }
  const perSecond = spreadOf(whole.map((seconds) => events / seconds));
  const apart = spreadOf(whole.map((seconds, round) => (events - few) / (seconds - (startUps[round] ?? 0))));
  const title = `${events.toLocaleString("en")} events, ${lineBytes.toFixed(0)} B a line, on one core`;
  const cells = {
    "events a second": perSecond,
    "start-up apart": apart,
    "start-up, ms": spreadOf(startUps.map((s) => s * 1_000)),
  };
  return {
    tables: [{ title, rows: [{ name: "replay --json", cells }] }],
    bars: [
      { what: "replay, events a second, start-up included", measured: perSecond, must: "at least", limit: 300_000 },
    ],
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
