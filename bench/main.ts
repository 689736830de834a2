import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { churn } from "./churn.js";
import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { fanOut } from "./fan-out.js";
import { type Bench, isMet, type Pace, type Section } from "./findings.js";
import { idle } from "./idle.js";
import { crewOf } from "./install.js";
import { reduceSpeed } from "./reduce.js";
import { replaySpeed } from "./replay.js";
import { type Answer, answerText } from "./report.js";
import { machine, writeResults } from "./results.js";
import type { Effort } from "./rounds.js";
import { startUp } from "./start.js";
import { storm } from "./storm.js";
import { targeted } from "./targeted.js";

const sections: ReadonlyArray<Section> = [fanOut, targeted, storm, churn, idle, reduceSpeed, replaySpeed, startUp];

const usage = `Usage: npm run bench -- [option] [section …]

  (no section)  all of them; the full run writes bench/RESULTS.md and its pictures, and takes a quarter of an hour
  section       only these: ${sections.map(({ name }) => name).join(", ")}
  --quick       less of everything, under a minute: figures to look at, not to quote
  --tiny        next to nothing, to see that it runs; installs nothing
  --json        one JSON object on stdout, and nothing else there
`;

const efforts: Readonly<Record<Pace, Effort>> = {
  full: { rounds: 5, roundMs: 1_000, tailMs: 60 },
  quick: { rounds: 3, roundMs: 60, tailMs: 60 },
  tiny: { rounds: 1, roundMs: 10, tailMs: 0 },
};

const flag = { type: "boolean", default: false } as const;
const { values, positionals } = parseArgs({
  options: { quick: flag, tiny: flag, json: flag, help: flag },
  allowPositionals: true,
});
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const unknown = positionals.find((name) => !sections.some((section) => section.name === name));
if (values.help || unknown !== undefined) {
  say(unknown === undefined ? usage : `There is no section ${unknown}.\n\n${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}

const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const pace: Pace = values.tiny ? "tiny" : values.quick ? "quick" : "full";
const all = [ours, recording(folder), seed, bun, socketIoServer, peerJsServer];
const { able, unable } = crewOf(all, { mayInstall: pace !== "tiny", say });
const left = unable.map(({ name, why }) => `${name} is left out: ${why}.`);
for (const line of left) say(line);

const bench: Bench = { contenders: able, pace, effort: efforts[pace], folder, progress: (what) => say(`  ${what}`) };
const answers: Answer[] = [];
for (const section of sections.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  say(section.title);
  const began = performance.now();
  const findings = await section.run(bench);
  const answer = { section, findings, seconds: (performance.now() - began) / 1_000 };
  answers.push(answer);
  if (!values.json) process.stdout.write(`${answerText(answer)}\n\n`);
}

if (pace === "full" && positionals.length === 0) writeResults(answers, machine(), left);
const bars = answers.flatMap(({ findings }) => findings.bars);
say(`${bars.filter(isMet).length} of ${bars.length} bars are met.`);
if (values.json) {
  const told = answers.map(({ section: { name, title }, findings, seconds }) => ({
    name,
    title,
    seconds,
    ...findings,
  }));
  const judged = told.map((section) => ({
    ...section,
    bars: section.bars.map((bar) => ({ ...bar, isMet: isMet(bar) })),
  }));
  const at = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ at, pace, machine: machine(), leftOut: unable, sections: judged })}\n`);
}
// The sockets of the load may still be open.
process.exitCode = 0;
process.stdout.write("", () => process.exit());
