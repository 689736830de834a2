import { join, resolve } from "node:path";
import { buildIn, ours } from "./contender.js";
import { audienceOf, crowdOf } from "./group.js";
import type { Growth } from "./growth.js";
import { costsOf, ratio } from "./messages.js";
import type { Bench, Row, Section } from "./section.js";
import { askInside, start } from "./servers.js";

const works = {
  full: { subscribers: 500, users: 1_000, clients: [1_000, 100_000], runs: 25, events: 5_000 },
  quick: { subscribers: 500, users: 300, clients: [1_000, 10_000], runs: 9, events: 2_000 },
  tiny: { subscribers: 20, users: 20, clients: [200, 1_000], runs: 3, events: 50 },
};

/** Is this build slower than another one? Takes the folder of the other, which must be built there. */
export const compareWith = (folder: string): Section => ({
  name: "compare",
  title: `This build ÷ the one in ${folder}`,
  run: async (bench) => {
    const { clients, runs, events } = works[bench.pace];
    const sockets = await onSockets(bench, resolve(folder));
    const rows = new Map<string, Record<string, string | number>>();
    for (const all of clients) {
      bench.progress(`each kind of event among ${all} clients`);
      const core = join(resolve(folder), "dist/core.js");
      for (const { kind, costs, ratios } of await askInside<ReadonlyArray<Growth>>(
        "compare",
        core,
        all,
        runs,
        events,
      )) {
        const ns = costs.map((cost) => cost.toFixed(0)).join(" / ");
        rows.set(kind, { ...rows.get(kind), [`ns, ${all} clients`]: ns, [`÷, ${all}`]: 1 / (ratios[1] ?? Number.NaN) });
      }
    }
    return {
      tables: [
        { title: "Server CPU per delivered message, 200 B, 64 in flight", rows: sockets },
        { title: "`reduce`, this build / the other", rows: [...rows].map(([name, cells]) => ({ name, cells })) },
      ],
      bars: [],
    };
  },
});

const onSockets = async (bench: Bench, folder: string): Promise<ReadonlyArray<Row>> => {
  const { subscribers, users } = works[bench.pace];
  const other = buildIn(folder, "the other build");
  const servers = await Promise.all([ours, other].map((build) => start(build, { isMonitored: false })));
  const audiences = await Promise.all(servers.map(audienceOf));
  await Promise.all(audiences.map(({ growTo }) => growTo(subscribers)));
  const fanOut = await costsOf(bench, audiences, { deliveries: subscribers });
  const crowds = servers.map(crowdOf);
  await Promise.all(crowds.map(({ growTo }) => growTo(users)));
  const targeted = await costsOf(bench, crowds, { size: users, deliveries: 1 });
  for (const server of servers) await server.stop();
  const rowOf = (name: string, costs: typeof fanOut): Row => ({
    name,
    cells: { "÷": ratio(costs.get(ours.name), costs.get(other.name)) ?? "" },
  });
  return [rowOf(`fan-out, ${subscribers} subscribers`, fanOut), rowOf(`targeted, ${users} users`, targeted)];
};
