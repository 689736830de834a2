import type { Header } from "../../core/index.js";
import { tally } from "../explain/summary.js";
import { openJournal } from "../journal/read.js";
import { type Outcome, run } from "../journal/verify.js";
import { clientsOfAll, figuresOf, jsonOfRun, jsonOfSummary, recordedBy, verdict, warnings } from "./figures.js";
import type { Option } from "./options.js";
import type { Source } from "./source.js";
import { cutShort, end, say } from "./terminal.js";

type Asked = { readonly verify: boolean; readonly json: boolean } & { readonly [O in Option]?: unknown };

/** What is answered from the states, or the file, of one node. */
const ofOneNode = ["at", "effects", "diff", "shrink"] as const;

/** The summary of several nodes, each verified by itself. Sets the exit code to 1 where a replay differs. */
export const answerOfNodes = ({ runs, moments }: Source, values: Asked): void => {
  const alone = ofOneNode.find((option) => values[option] !== undefined);
  if (alone !== undefined)
    return end(2, `--${alone} is answered of one node: these files are of ${runs.length}, name those of one of them.`);
  const figures = tally(clientsOfAll());
  let events = 0;
  for (const moment of moments()) {
    figures.visit(moment);
    events = moment.n;
  }
  const nodes = runs.map((paths, i): NodeOutcome => {
    const journal = openJournal(paths);
    return { node: i + 1, paths, header: journal.header, outcome: run(journal, { isVerified: values.verify }) };
  });
  const summary = figures.summary();
  if (nodes.some(({ outcome }) => outcome.divergence !== undefined)) process.exitCode = 1;
  if (values.json) {
    const each = nodes.map(({ node, paths, header, outcome }) => ({
      node,
      files: paths,
      ...jsonOfRun(header, outcome),
    }));
    return say(JSON.stringify({ nodes: each, events, ...jsonOfSummary(summary) }));
  }
  say(
    [
      ...nodes.map(
        ({ node, paths, header, outcome }) =>
          `node ${node}: ${paths.join(" ")}, ${outcome.events} events, ${recordedBy(header, node === 1 ? summary : { settings: {} })}`,
      ),
      ...figuresOf(summary, events),
      ...warnings(summary, { tornBytes: 0 }),
      ...nodes.flatMap(({ node, outcome }) =>
        outcome.tornBytes > 0 ? [`node ${node}: ${cutShort(outcome.tornBytes)}`] : [],
      ),
      ...(values.verify ? nodes.map(({ node, outcome }) => `node ${node}: ${verdict(outcome)}`) : []),
    ].join("\n"),
  );
};

interface NodeOutcome {
  readonly node: number;
  readonly paths: ReadonlyArray<string>;
  readonly header: Header;
  readonly outcome: Outcome;
}
