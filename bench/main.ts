import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { churn } from "./churn.js";
import { bun, ours, peerJsServer, recording, seed, socketIoServer } from "./contender.js";
import { fanOut } from "./fan-out.js";
import type { Bench, Pace, Section } from "./findings.js";
import { idle } from "./idle.js";
import { install } from "./install.js";
import { reduceSpeed } from "./reduce.js";
import { replaySpeed } from "./replay.js";
import { type Answer, answerText } from "./report.js";
import type { Effort } from "./rounds.js";
import { startUp } from "./start.js";
import { storm } from "./storm.js";
import { targeted } from "./targeted.js";

const sections: ReadonlyArray<Section> = [fanOut, targeted, storm, churn, idle, reduceSpeed, replaySpeed, startUp];
const efforts: Readonly<Record<Pace, Effort>> = {
  full: { rounds: 5, roundMs: 1_000 },
  quick: { rounds: 2, roundMs: 60 },
  tiny: { rounds: 1, roundMs: 10 },
};

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const unknown = positionals.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0) {
  say(`There is no section ${unknown.join(", ")}. There are: ${sections.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const pace: Pace = values.quick ? "quick" : "full";
const { able, unable } = await install([ours, recording(folder), seed, socketIoServer, bun, peerJsServer], say);
for (const { name, why } of unable) say(`${name} is left out: ${why}`);

const bench: Bench = { contenders: able, pace, effort: efforts[pace], folder, progress: (what) => say(`  ${what}`) };
for (const section of sections.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  say(section.title);
  const began = performance.now();
  const answer: Answer = { section, findings: await section.run(bench), seconds: (performance.now() - began) / 1_000 };
  process.stdout.write(`${answerText(answer)}\n\n`);
}
process.exit(0);
