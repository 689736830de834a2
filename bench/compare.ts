import { join, resolve } from "node:path";
import { buildIn, ours } from "./contender.js";
import { costsOf, ratio } from "./costs.js";
import { audienceOf, crowdOf } from "./group.js";
import type { Growth } from "./growth.js";
import type { Spread } from "./measure.js";
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
    const sockets = await onSockets(bench, folder);
    const inCore = new Map<string, Record<string, string | number>>();
    for (const all of clients) {
      bench.progress(`each kind of event among ${all} clients`);
      const kinds = await askInside<ReadonlyArray<Growth>>(
        "compare",
        join(resolve(folder), "dist/core.js"),
        all,
        runs,
        events,
      );
      for (const { kind, costs, ratios } of kinds)
        inCore.set(kind, {
          ...inCore.get(kind),
          [`ns, ${all} clients`]: `${costs[0]?.toFixed(0)} / ${costs[1]?.toFixed(0)}`,
          [`÷, ${all} clients`]: 1 / (ratios[1] ?? Number.NaN),
        });
    }
    return {
      tables: [
        { title: "Server CPU per delivered message, 200 B, 64 in flight", rows: sockets },
        { title: "`reduce`, this build / the other", rows: [...inCore].map(([name, cells]) => ({ name, cells })) },
      ],
      bars: [],
    };
  },
});

const onSockets = async (bench: Bench, folder: string): Promise<ReadonlyArray<Row>> => {
  const { subscribers, users } = works[bench.pace];
  const builds = [ours, buildIn(resolve(folder), "the other build")];
  const servers = await Promise.all(builds.map((build) => start(build, { isMonitored: false })));
  const work = { bytes: 200, inFlight: 64 };
  const effort = { ...bench.effort, atLeast: work.inFlight };
  const audiences = await Promise.all(servers.map(audienceOf));
  bench.progress(`${subscribers} subscribers`);
  await Promise.all(audiences.map(({ growTo }) => growTo(subscribers)));
  const fanOut = await costsOf(audiences, effort, {
    deliveries: () => subscribers,
    work: (audience, messages) => audience.publish({ ...work, messages }),
  });
  const crowds = servers.map(crowdOf);
  bench.progress(`${users} users`);
  await Promise.all(crowds.map(({ growTo }) => growTo(users)));
  const targeted = await costsOf(crowds, effort, {
    deliveries: () => 1,
    work: (crowd, messages) => crowd.write({ ...work, messages, talkers: users }),
  });
  for (const server of servers) await server.stop();
  const ratioIn = (costs: typeof fanOut): Spread | string =>
    ratio(costs.get(ours.name), costs.get("the other build")) ?? "";
  return [
    { name: `fan-out, ${subscribers} subscribers`, cells: { "÷": ratioIn(fanOut) } },
    { name: `targeted, ${users} users`, cells: { "÷": ratioIn(targeted) } },
  ];
};
