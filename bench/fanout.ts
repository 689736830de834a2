import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fanOut } from "./load.js";

/** What does one delivered message cost the server? Servers take turns, round by round, on the same work. */
interface Contender {
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

const port = 45_617;
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
const contenders: ReadonlyArray<Contender> = [
  { name: "signalbox", script: "dist/main.js", env: {} },
  { name: "signalbox, recording", script: "dist/main.js", env: { RECORD: folder } },
  { name: "the seed's loop", script: "dist/bench/peers/seed.js", env: {} },
];

/** µs of user and system time that the process has used, from the kernel's accounting (clock ticks of 10 ms). */
const cpuMicros = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const round = async (
  { script, env }: Contender,
  work: { readonly messages: number; readonly inFlight: number },
): Promise<number> => {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, NODE_ENV: "production", LOG_LEVEL: "warn", PORT: String(port), HOST: "127.0.0.1", ...env },
    stdio: "ignore",
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  const readings: number[] = [];
  await fanOut({ port, subscribers: 500, bytes: 200, ...work }, () => readings.push(cpuMicros(child)));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
  return ((readings[1] ?? 0) - (readings[0] ?? 0)) / (work.messages * 500);
};

const median = (numbers: ReadonlyArray<number>): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

const main = async (): Promise<void> => {
  const rounds = Number(process.argv[2] ?? 3);
  for (const [title, work] of [
    ["64 in flight", { messages: 8_000, inFlight: 64 }],
    ["paced", { messages: 300, inFlight: 1 }],
  ] as const) {
    const costs = contenders.map((): number[] => []);
    for (let i = 0; i < rounds; i++)
      for (const [at, contender] of contenders.entries()) {
        const few = contender.script.includes("seed") ? { ...work, messages: work.messages / 10 } : work;
        costs[at]?.push(await round(contender, few));
      }
    process.stdout.write(`500 subscribers, 200 B, ${title}: server CPU per delivered message, median of ${rounds}\n`);
    const first = median(costs[0] ?? []);
    for (const [at, { name }] of contenders.entries()) {
      const all = costs[at] ?? [];
      const [low, mid, high] = [Math.min(...all), median(all), Math.max(...all)];
      process.stdout.write(
        `  ${name.padEnd(24)}${mid.toFixed(2).padStart(8)} µs (${low.toFixed(2)}–${high.toFixed(2)})  × ${(mid / first).toFixed(2)}\n`,
      );
    }
  }
  rmSync(folder, { recursive: true });
};

await main();
