import { parseArgs } from "node:util";
import { type Act, cluster } from "./cluster.js";
import { type Random, random } from "./random.js";

/* Runs a cluster of three nodes with many seeds: what goes wrong, with how little, and how much faster than time it is. */

const people = 4;

const anyAct = ({ one, below, often }: Random): Act => {
  const [who, at] = [below(people), below(people)];
  const kind = below(19);
  if (kind < 4) return { do: "arrive", who, at };
  if (kind < 8) return { do: "join", who, at, hasLobby: often(0.5) };
  if (kind < 12) return { do: one(["signal", "say", "admit", "leave", "lock", "drop"] as const), who, at };
  if (kind < 16) return { do: "wait", ms: one([100, 300, 2_000, 9_000]) };
  if (kind < 17) return { do: one(["stop", "upgrade", "upgrade", "downgrade"] as const), at };
  return { do: one(["kill", "start", "freeze", "cut", "mute", "mend"] as const), at };
};

export const actsOf = (seed: number): ReadonlyArray<Act> => {
  const chance = random(seed);
  return Array.from({ length: 10 + chance.below(50) }, () => anyAct(chance));
};

/** What does not hold after these acts, and the time that has gone by in them. */
const play = (acts: ReadonlyArray<Act>): { readonly wrong: ReadonlyArray<string>; readonly ms: number } => {
  const world = cluster(people);
  const began = world.now();
  for (const name of [0, 1, 2]) world.start(name);
  world.wait(500);
  for (const act of acts) {
    world.act(act);
    if (world.broken.length > 0) return { wrong: world.broken, ms: world.now() - began };
  }
  world.heal();
  const disagreed = world.disagreed.map(({ name }) => `node ${name} disagrees with another one`);
  return { wrong: [...world.broken, ...world.unlike(), ...disagreed], ms: world.now() - began };
};

const isWrong = (acts: ReadonlyArray<Act>): boolean => play(acts).wrong.length > 0;

/** Without each act that is not needed. */
const shrunk = (acts: ReadonlyArray<Act>): ReadonlyArray<Act> => {
  let least = acts;
  for (let i = acts.length - 1; i >= 0; i -= 1) {
    const fewer = least.filter((_, other) => other !== i);
    if (isWrong(fewer)) least = fewer;
  }
  return least;
};

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    brief: { type: "boolean", default: false },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const [first, count] = [Number(values.from), Number(values.seeds)];
const began = performance.now();
let virtualMs = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const acts = actsOf(seed);
  let outcome: ReturnType<typeof play>;
  try {
    outcome = play(acts);
  } catch (error) {
    outcome = { wrong: [String(error)], ms: 0 };
  }
  virtualMs += outcome.ms;
  const [wrong] = outcome.wrong;
  if (wrong === undefined) continue;
  say(`Seed ${seed} fails after ${outcome.ms} ms: ${wrong}`);
  if (!values.brief) for (const act of shrunk(acts)) say(`  ${JSON.stringify(act)}`);
  process.exit(1);
}
const times = Math.round(virtualMs / (performance.now() - began));
say(
  `${count} seeds, ${Math.round(virtualMs / 60_000)} minutes of three nodes, ${times} times as fast as time: all is well.`,
);
