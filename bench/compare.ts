import { join, resolve } from "node:path";
import { buildIn, ours } from "./contender.js";
import { costRatio, costsAmong } from "./cost.js";
import { audienceOf, type Open, usersOf } from "./group.js";
import { atMost, type Bar, type Row, type Section, type Spread, spreadOf } from "./section.js";
import { askInside } from "./servers.js";

/** What costs so many times what it did still counts as no slower. */
const noSlower = 1.05;

/** Is this build slower than another one? Takes the folder of the other, which must be built there. */
export const compareWith = (folder: string): Section => ({
  name: `compare ${folder}`,
  title: `This build ÷ the one in ${folder}`,
  run: async ({ sizes, progress }) => {
    const [rounds, roundMs, subscribers, users] = sizes([25, 400, 500, 1_000], [5, 100, 500, 300], [1, 10, 20, 20]);
    const [runs, events, few, most] = sizes(
      [51, 5_000, 1_000, 100_000],
      [9, 2_000, 1_000, 10_000],
      [3, 50, 200, 1_000],
    );
    const other = buildIn(resolve(folder), "the other build");
    const bars: Bar[] = [];
    const onSockets = async (name: string, size: number, open: Open): Promise<Row> => {
      progress(name);
      const effort = { contenders: [ours, other], rounds, roundMs };
      const results = await costsAmong(effort, { size, open, bytes: 200, inFlight: 64 });
      const ratio = costRatio([results, ours.name], [results, other.name]);
      bars.push(...atMost(name, ratio, noSlower));
      return { name, cells: { "÷": ratio } };
    };
    const sockets = [
      await onSockets(`fan-out, ${subscribers} subscribers`, subscribers, audienceOf),
      await onSockets(`targeted, ${users} users`, users, usersOf(users)),
    ];
    const inCore = new Map<string, Row["cells"]>();
    for (const all of [few, most]) {
      progress(`each kind of event among ${all} clients`);
      const size = { clients: all, talkers: 100 };
      const places = [{ ...size, file: join(resolve(folder), "dist/core.js") }, size];
      for (const { kind, costs: ns, ratios } of await askInside("kinds", places, runs, events)) {
        const [theirs, own] = ns.map(({ median }) => median.toFixed(0));
        const ratio: Spread = ratios[1] ?? spreadOf([]);
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
