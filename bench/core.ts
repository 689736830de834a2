import { join } from "node:path";
import { figures, inTurns, spreadOf } from "./rounds.js";
import { atLeast, type Row, rowsOf, type Section } from "./section.js";
import { askInside, outputOf } from "./servers.js";

const perSecond = "events a second";

const reduceWork = {
  full: { clients: 1_000, events: 200_000, rounds: 7, most: 100_000, runs: 9, each: 5_000 },
  quick: { clients: 1_000, events: 50_000, rounds: 3, most: 10_000, runs: 3, each: 2_000 },
  tiny: { clients: 100, events: 2_000, rounds: 1, most: 2_000, runs: 1, each: 100 },
};

/** How fast is the pure function alone, and does an event cost more where more clients are? */
export const reduceSpeed: Section = {
  name: "reduce",
  title: "The core alone: `reduce`",
  run: async (bench) => {
    const { clients, events, rounds, most, runs, each } = reduceWork[bench.pace];
    bench.progress(`${events} events among ${clients} clients`);
    const speed = new Map(await askInside("speed", clients, events, rounds));
    bench.progress("each kind of event, at several sizes");
    const sizes = [1_000, most].flatMap((all) => [100, all].map((talkers) => ({ clients: all, talkers })));
    const rows = (await askInside("kinds", sizes, runs, each)).map(({ kind, costs, ratios }): Row => {
      const cells = sizes.map(({ clients: all, talkers }, i) => [
        `${all.toLocaleString("en")} clients, ${talkers.toLocaleString("en")} talk`,
        `${costs[i]?.median.toFixed(0)} × ${ratios[i]?.median.toFixed(2)}`,
      ]);
      return { name: kind, cells: Object.fromEntries(cells) };
    });
    return {
      tables: [
        {
          title: `${clients} clients in rooms of ten; of 50 events 40 candidates, 2 offers, 2 answers, the rest joins, leaves, pings, requests`,
          rows: rowsOf(speed),
        },
        {
          title: "Does an event cost more where more clients are?",
          rows,
          note: "ns of CPU an event, × the cost in the first column. Where all clients talk in turn, next to nothing is in the processor's caches.",
        },
      ],
      bars: atLeast("reduce, events a second", spreadOf(figures(speed, "reduce", perSecond)), 500_000),
    };
  },
};

/** Of the first journal, what is measured is the start-up. A bar is held against the last. */
const journals = {
  full: { events: [100, 300_000, 1_200_000], rounds: 5 },
  quick: { events: [100, 20_000, 60_000], rounds: 2 },
  tiny: { events: [100, 1_000, 3_000], rounds: 1 },
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
      name: `${count.toLocaleString("en")} events`,
      path: join(bench.folder, `${count}.ndjson`),
    }));
    let lineBytes = 0;
    for (const { path, count } of files) lineBytes = await askInside("journal", path, count, 500);
    const results = await inTurns(files, rounds, async ({ path, count }) => {
      const seconds = await secondsOf(path, count);
      return { seconds, [perSecond]: count / seconds };
    });
    const title = `replay --json, ${lineBytes.toFixed(0)} B a line, on one core, start-up included`;
    const longest = spreadOf(figures(results, files.at(-1)?.name ?? "", perSecond));
    return {
      tables: [{ title, rows: rowsOf(results) }],
      bars: atLeast("replay of a long journal, events a second", longest, 300_000),
    };
  },
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
