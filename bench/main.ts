import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { idle, reduceSpeed, replaySpeed, startUp } from "./alone.js";
import { cluster } from "./cluster.js";
import { compareWith } from "./compare.js";
import { bun, isInstalled, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { data } from "./data.js";
import { fanOut, targeted } from "./messages.js";
import { type Answer, answerText, writeResults } from "./report.js";
import { churn, storm } from "./rooms.js";
import type { Bench, Section } from "./section.js";
import { v1 } from "./v1.js";

const sections: ReadonlyArray<Section> = [
  fanOut,
  targeted,
  v1,
  data,
  cluster,
  storm,
  churn,
  idle,
  reduceSpeed,
  replaySpeed,
  startUp,
];

const usage = `Usage: npm run bench -- [option] [section …]

  (no section)  all of them; the full run writes bench/RESULTS.md, and takes half an hour
  section       only these: ${sections.map(({ name }) => name).join(", ")}
  compare PATH  this build by the one in PATH, which must be built there: fan-out, targeted, reduce by kind of event
  --quick       less of everything, in a minute or two: figures to look at, not to quote
  --tiny        next to nothing, to see that it runs
  --json        one JSON object on stdout, and nothing else there
`;

const flag = { type: "boolean", default: false } as const;
const options = { quick: flag, tiny: flag, json: flag, help: flag };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const [first, path] = positionals;
const asked = first === "compare" && path !== undefined ? [compareWith(path)] : sections;
const names = asked === sections ? positionals : [];
const unknown = names.find((name) => !asked.some((section) => section.name === name));
if (values.help || unknown !== undefined) {
  say(unknown === undefined ? usage : `There is no section ${unknown}.\n\n${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}

const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const pace = values.tiny ? "tiny" : values.quick ? "quick" : "full";
const sizes: Bench["sizes"] = (full, quick, tiny) => ({ full, quick, tiny })[pace];
const [rounds, roundMs] = sizes([5, 1_000], [3, 60], [1, 10]);
const progress = (what: string): void => say(`  ${what}`);
const all = [ours, recording(folder), seed, bun, socketIoServer, peerJsServer];
const leftOut = all.filter((contender) => !isInstalled(contender)).map(({ name }) => name);
if (leftOut.length > 0) say(`Not installed in bench/node_modules, and left out: ${leftOut.join(", ")}`);

const answers: Answer[] = [];
for (const { name, title, run } of asked.filter((section) => names.length === 0 || names.includes(section.name))) {
  say(title);
  const began = performance.now();
  const contenders = all.filter((contender) => isInstalled(contender) && contender.sections.includes(name));
  const findings = await run({ contenders, sizes, rounds, roundMs, folder, progress });
  answers.push({ name, title, ...findings, seconds: (performance.now() - began) / 1_000 });
  if (!values.json) process.stdout.write(`${answers.slice(-1).map(answerText)}\n\n`);
}

if (pace === "full" && positionals.length === 0) writeResults(answers, leftOut);
const bars = answers.flatMap((answer) => answer.bars);
say(`${bars.filter(({ isMet }) => isMet).length} of ${bars.length} bars are met.`);
// The sockets of the load may still be open.
process.stdout.write(values.json ? JSON.stringify({ leftOut, sections: answers }) : "", () => process.exit(0));
