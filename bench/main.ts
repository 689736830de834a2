import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareWith } from "./compare.js";
import { idle, startUp } from "./connections.js";
import { bun, isInstalled, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { reduceSpeed, replaySpeed } from "./core.js";
import { fanOut, targeted } from "./messages.js";
import { type Answer, answerText, machine, writeResults } from "./report.js";
import { churn, storm } from "./rooms.js";
import { type Bench, isMet, type Pace, type Section } from "./section.js";

const sections: ReadonlyArray<Section> = [fanOut, targeted, storm, churn, idle, reduceSpeed, replaySpeed, startUp];
const names = sections.map(({ name }) => name).join(", ");

const usage = `Usage: npm run bench -- [option] [section …]

  (no section)  all of them; the full run writes bench/RESULTS.md, and takes a quarter of an hour
  section       only these: ${names}
  compare PATH  this build by the one in PATH, which must be built there: fan-out, targeted, reduce by kind of event
  --quick       less of everything, under a minute: figures to look at, not to quote
  --tiny        next to nothing, to see that it runs
  --json        one JSON object on stdout, and nothing else there
`;

const efforts: Readonly<Record<Pace, Pick<Bench, "rounds" | "roundMs">>> = {
  full: { rounds: 5, roundMs: 1_000 },
  quick: { rounds: 3, roundMs: 60 },
  tiny: { rounds: 1, roundMs: 10 },
};

const flag = { type: "boolean", default: false } as const;
const { values, positionals } = parseArgs({
  options: { quick: flag, tiny: flag, json: flag, help: flag },
  allowPositionals: true,
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const [first, path] = positionals;
const isComparison = first === "compare" && path !== undefined && positionals.length === 2;
const unknown = isComparison
  ? undefined
  : positionals.find((name) => !sections.some((section) => section.name === name));
if (values.help || unknown !== undefined) {
  say(unknown === undefined ? usage : `There is no section ${unknown}.\n\n${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}

const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const pace: Pace = values.tiny ? "tiny" : values.quick ? "quick" : "full";
const all = [ours, recording(folder), seed, bun, socketIoServer, peerJsServer];
const absent = all.filter((contender) => !isInstalled(contender)).map(({ name }) => name);
const left = absent.map((name) => `${name} is left out: it is not installed in bench/node_modules.`);
for (const line of left) say(line);

const contenders = all.filter(isInstalled);
const bench: Bench = { contenders, pace, ...efforts[pace], folder, progress: (what) => say(`  ${what}`) };
const answers: Answer[] = [];
const asked = sections.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const section of isComparison ? [compareWith(path)] : asked) {
  say(section.title);
  const began = performance.now();
  const findings = await section.run(bench);
  const answer = { section, findings, seconds: (performance.now() - began) / 1_000 };
  answers.push(answer);
  if (!values.json) process.stdout.write(`${answerText(answer)}\n\n`);
}

if (pace === "full" && positionals.length === 0) writeResults(answers, left);
const bars = answers.flatMap(({ findings }) => findings.bars);
say(`${bars.filter(isMet).length} of ${bars.length} bars are met.`);
if (values.json) {
  const told = answers.map(({ section: { name, title }, findings: { tables, bars: own }, seconds }) => {
    const judged = own.map((bar) => ({ ...bar, isMet: isMet(bar) }));
    return { name, title, seconds, tables, bars: judged };
  });
  const at = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ at, pace, machine: machine(), leftOut: absent, sections: told })}\n`);
}
// The sockets of the load may still be open.
process.stdout.write("", () => process.exit(0));
