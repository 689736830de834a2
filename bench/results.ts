import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { drawn } from "./chart.js";
import { type Answer, answerText, barsText } from "./report.js";

/** Where and with what it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly peers: Readonly<Record<string, string>>;
}

const home = new URL("../../bench/", import.meta.url).pathname;

const dependencies = (file: string): Readonly<Record<string, string>> => {
  const { dependencies: some, optionalDependencies: more } = JSON.parse(readFileSync(file, "utf8"));
  return { ...some, ...more };
};

export const machine = (): Machine => {
  const { ws = "", ...others } = {
    ws: dependencies(join(home, "../package.json")).ws,
    ...dependencies(join(home, "package.json")),
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    peers: { ws, ...others },
  };
};

/** Writes RESULTS.md, and the curves beside it. */
export const writeResults = (answers: ReadonlyArray<Answer>, on: Machine, left: ReadonlyArray<string>): void => {
  for (const { findings } of answers)
    if (findings.curves !== undefined) writeFileSync(join(home, findings.curves.file), drawn(findings.curves));
  const peers = Object.entries(on.peers).map(([name, version]) => `${name} ${version}`);
  const text = [
    "# What Signalbox costs, and what others cost",
    `\`npm run bench\`, ${new Date().toISOString().slice(0, 10)}, on ${on.cores} × ${on.cpu}, ${on.memoryGb} GB, ${on.system}, Node ${on.node}; ${peers.join(", ")}.`,
    method,
    ...left,
    "## All bars",
    barsText(
      answers.flatMap(({ section, findings }) =>
        findings.bars.map((bar) => ({ ...bar, what: `${section.name}: ${bar.what}` })),
      ),
    ),
    ...answers.flatMap((answer) => [answerText(answer), ...pictureOf(answer)]),
  ];
  writeFileSync(join(home, "RESULTS.md"), `${text.join("\n\n")}\n`);
};

const method =
  "Each server is a process of its own, on loopback, and the load comes from another: raw sockets that build each frame once and count the bytes that arrive. The servers take turns, round by round, on the same work, after a round's time to warm up. CPU is what the operating system counts for the server's process, user and system, until 60 ms after the last message has arrived. A figure is the median of the rounds, in brackets the least and the most; a ratio is the median of the ratios round by round.";

const pictureOf = ({ findings: { curves } }: Answer): ReadonlyArray<string> =>
  curves === undefined ? [] : [`![${curves.title}: ${curves.up}, by ${curves.across}](${curves.file})`];
