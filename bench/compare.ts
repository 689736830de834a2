import { join, resolve } from "node:path";
import { buildIn, ours } from "./contender.js";
import { among, costRatio, costs } from "./cost.js";
import { audienceOf, type Group, usersOf } from "./group.js";
import type { Spread } from "./rounds.js";
import { atMost, type Bar, type Bench, type Row, type Section } from "./section.js";
import { askInside, type Server } from "./servers.js";

const works = {
  full: {
    subscribers: 500,
    users: 1_000,
    clients: [1_000, 100_000],
    runs: 51,
    events: 5_000,
    rounds: 25,
    roundMs: 400,
  },
  quick: { subscribers: 500, users: 300, clients: [1_000, 10_000], runs: 9, events: 2_000, rounds: 5, roundMs: 100 },
  tiny: { subscribers: 20, users: 20, clients: [200, 1_000], runs: 3, events: 50, rounds: 1, roundMs: 10 },
};

/** One build may cost so many times what the other costs, and still count as no slower. */
const noSlower = 1.05;

/** Is this build slower than another one? Takes the folder of the other, which must be built there. */
export const compareWith = (folder: string): Section => ({
  name: `compare ${folder}`,
  title: `This build ÷ the one in ${folder}`,
  run: async (bench) => {
    const { clients, runs, events } = works[bench.pace];
    const sockets = await onSockets(bench, resolve(folder));
    const bars: Bar[] = sockets.flatMap(({ name, cells }) => atMost(name, cells["÷"], noSlower));
    const inCore = new Map<string, Row["cells"]>();
    for (const all of clients) {
      bench.progress(`each kind of event among ${all} clients`);
      const other = { file: join(resolve(folder), "dist/core.js"), clients: all, talkers: 100 };
      const mine = { clients: all, talkers: 100 };
      for (const { kind, costs: ns, ratios } of await askInside("kinds", [other, mine], runs, events)) {
        const ratio = ratios[1] as Spread;
        const [theirs, own] = ns.map(({ median }) => median.toFixed(0));
        const cells = { [`ns, ${all} clients`]: `${own} / ${theirs}`, [`÷, ${all} clients`]: ratio };
        inCore.set(kind, { ...inCore.get(kind), ...cells });
        bars.push(...atMost(`${kind} among ${all} clients`, ratio, noSlower));
      }
    }
    return {
      tables: [
        { title: "Server CPU per delivered message, 200 B, 64 in flight", rows: sockets },
        { title: "`reduce`, this build / the other", rows: [...inCore].map(([name, cells]) => ({ name, cells })) },
      ],
      bars,
    };
  },
});

const onSockets = async (bench: Bench, folder: string) => {
  const { subscribers, users, rounds, roundMs } = works[bench.pace];
  const other = buildIn(folder, "the other build");
  const ratioAmong = async (size: number, open: (server: Server) => Promise<Group>): Promise<Spread> => {
    bench.progress(`${size} clients`);
    const [results] = await among({ contenders: [ours, other], size }, open, async (groups) => [
      await costs({ rounds, roundMs }, groups, { bytes: 200, inFlight: 64 }),
    ]);
    return costRatio([results, ours.name], [results, other.name]);
  };
  const fanOut = await ratioAmong(subscribers, (server) => audienceOf(server, subscribers));
  const targeted = await ratioAmong(users, (server) => usersOf(server, users, users));
  return [
    { name: `fan-out, ${subscribers} subscribers`, cells: { "÷": fanOut } },
    { name: `targeted, ${users} users`, cells: { "÷": targeted } },
  ];
};
