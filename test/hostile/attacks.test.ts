import { expect, test } from "vitest";
import { start } from "../support/child.js";
import { limitMemory } from "../support/system.js";
import { attacks } from "./attacks.js";
import { underAttack } from "./under-attack.js";

/** Beside other tests, a machine is slow by itself: `npm run test:hostile` has it for itself, and holds the server to its bars. */
const isAlone = process.env.HOSTILE === "1";

/** Of so many MiB no more is given to the server, whatever it asks for. */
const mib = process.env.HOSTILE_MIB === undefined ? undefined : Number(process.env.HOSTILE_MIB);

const startLimited = (env: Readonly<Record<string, string>>) => {
  if (mib === undefined) return start(env);
  // As much as V8 allows itself on a machine of that size.
  const started = start(env, `--max-old-space-size=${Math.floor(mib / 2)}`);
  if (started.child.pid === undefined) throw new Error("the server was not started");
  limitMemory(started.child.pid, mib);
  return started;
};

for (const { name, run } of attacks)
  test(name, { timeout: 60_000 }, async () => {
    const { log, ...figures } = await underAttack(run, {}, { startWith: startLimited });
    if (isAlone || mib !== undefined) process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`);
    expect(figures.hasCrashed, log).toBe(false);
    expect(figures.cut, log).toBe(0);
    expect(figures.peakMiB - figures.beforeMiB).toBeLessThan(256);
    expect(figures.p50).toBeLessThan(isAlone ? 50 : 1_000);
    if (isAlone) expect(figures.worst).toBeLessThan(250);
  });
