import { askInside } from "./ask.js";
import type { Bench, Findings, Pace, Row, Section } from "./findings.js";
import type { Growth, Size } from "./growth.js";
import { spreadOf } from "./spread.js";

/** How fast is the pure function alone, and does an event cost more where more clients are? */
export const reduceSpeed: Section = { name: "reduce", title: "The core alone: `reduce`", run: (bench) => run(bench) };

interface Work {
  readonly clients: number;
  readonly events: number;
  readonly rounds: number;
  readonly sizes: ReadonlyArray<Size>;
  readonly growth: { readonly runs: number; readonly events: number };
}
const works: Readonly<Record<Pace, Work>> = {
  full: { clients: 1_000, events: 200_000, rounds: 7, sizes: sizesTo(100_000), growth: { runs: 9, events: 5_000 } },
  quick: { clients: 1_000, events: 50_000, rounds: 3, sizes: sizesTo(10_000), growth: { runs: 3, events: 2_000 } },
  tiny: { clients: 100, events: 2_000, rounds: 1, sizes: sizesTo(1_000), growth: { runs: 1, events: 100 } },
};

function sizesTo(most: number): ReadonlyArray<Size> {
  return [
    { clients: 1_000, talkers: 100 },
    { clients: most, talkers: 100 },
    { clients: 1_000, talkers: 1_000 },
    { clients: most, talkers: most },
  ];
}

const run = async (bench: Bench): Promise<Findings> => {
  const { clients, events, rounds, sizes, growth } = works[bench.pace];
  bench.progress(`${events} events among ${clients} clients`);
  const speed = await askInside<Record<"reduced" | "addressed", number[]>>("speed", clients, events, rounds);
  bench.progress("each kind of event, at several sizes");
  const kinds = await askInside<ReadonlyArray<Growth>>("growth", JSON.stringify(sizes), growth.runs, growth.events);
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
      { title: "Does an event cost more where more clients are?", rows: kinds.map((kind) => rowOf(kind, sizes)), note },
    ],
    bars: [{ what: "reduce, events a second", measured: reduced, must: "at least", limit: 500_000 }],
  };
};

const note =
  "ns an event, × the cost in the first column. Where all clients talk in turn, next to nothing is in the processor's caches.";

const rowOf = ({ kind, costs, ratios }: Growth, sizes: ReadonlyArray<Size>): Row => ({
  name: kind,
  cells: Object.fromEntries(
    sizes.map(({ clients: all, talkers }, i) => [
      `${all.toLocaleString("en")} clients, ${talkers.toLocaleString("en")} talk`,
      `${costs[i]?.toFixed(0)} × ${ratios[i]?.toFixed(2)}`,
    ]),
  ),
});
