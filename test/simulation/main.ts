import { parseArgs } from "node:util";
import { planOf } from "./plan.js";
import { report } from "./report.js";
import { shrunk } from "./shrink.js";
import { simulate } from "./world.js";

const usage = `Usage: npm run simulate -- [--seeds N] [--seed S]

  --seeds N  so many seeds, from 1 or from S on; 500 without it
  --seed S   this seed alone
  --brief    one line about a failure, which is not shrunk
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    brief: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const whole = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Number(text));
const first = whole(values.seed, 1);
const count = whole(values.seeds, values.seed === undefined ? 500 : 1);

if (values.help || ![first, count].every(Number.isSafeInteger)) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

let [virtualMs, events] = [0, 0];
for (let seed = first; seed < first + count; seed++) {
  const plan = planOf(seed);
  const ran = simulate(plan);
  virtualMs += ran.virtualMs;
  events += ran.events;
  if (ran.failure === undefined) continue;
  say(`Seed ${seed} fails after ${ran.failure.atMs} ms: ${ran.failure.sentence}`);
  if (values.brief) process.exit(1);
  say(report(shrunk(plan, ran.failure.sentence)));
  say(`Again: npm run simulate -- --seed ${seed}`);
  process.exit(1);
}
// Of this one thread, whatever else the machine does.
const { user, system } = process.cpuUsage();
const realMs = (user + system) / 1_000;
const [hours, times] = [virtualMs / 3_600_000, Math.round(virtualMs / realMs)];
say(
  `${count} seeds, ${events} events, ${hours.toFixed(1)} hours in ${(realMs / 1_000).toFixed(1)} s of one core: ${times} × real time. All laws hold.`,
);
