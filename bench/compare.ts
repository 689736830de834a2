import { join, resolve } from "node:path";
import { buildIn, ours } from "./contender.js";
import { audienceOf, type Open, usersOf } from "./load.js";
import { costRatio, costsAmong } from "./messages.js";
import { atMost, type Bar, type Row, type Section, spreadOf } from "./section.js";
import { askInside } from "./servers.js";

/** What costs so many times what it did still counts as no slower. */
const noSlower = 1.05;

/** Is this build slower than another one? Takes the folder of the other, which must be built there. */
export const compareWith = (folder: string): Section => ({
  name: `compare ${folder}`,
  title: `This build ÷ the one in ${folder}`,
  run: async ({ sizes, progress }) => {
    const [rounds, roundMs, subscribers, users] = sizes([25, 400, 500, 1_000], [5, 100, 500, 300], [1, 10, 20, 20]);
    const [runs, events] = sizes([51, 5_000], [9, 2_000], [3, 50]);
    const [few, most] = sizes([1_000, 100_000], [1_000, 10_000], [200, 1_000]);
    const other = buildIn(resolve(folder), "the other build");
    const onSockets = async (name: string, size: number, open: Open): Promise<ReadonlyArray<Bar>> => {
      const effort = { contenders: [ours, other], rounds, roundMs, progress };
      const results = await costsAmong(effort, { size, open, bytes: 200, inFlight: 64 });
      return atMost(`CPU, ${name}`, costRatio([results, ours.name], [results, other.name]), noSlower);
    };
    const bars = [
      ...(await onSockets(`fan-out to ${subscribers} subscribers`, subscribers, audienceOf)),
      ...(await onSockets(`targeted among ${users} users`, users, usersOf(users))),
    ];
    const cells = new Map<string, Row["cells"]>();
    for (const clients of [few, most]) {
      progress(`each kind of event among ${clients} clients`);
      const size = { clients, talkers: 100 };
      const places = [{ ...size, file: join(resolve(folder), "dist/core.js") }, size];
      for (const { kind, costs, ratios } of await askInside("kinds", places, runs, events)) {
        const [theirs, own] = costs.map(({ median }) => median.toFixed(0));
        cells.set(kind, { ...cells.get(kind), [`${clients} clients`]: `${own} / ${theirs}` });
        bars.push(...atMost(`${kind} among ${clients} clients`, ratios[1] ?? spreadOf([]), noSlower));
      }
    }
    const rows = [...cells].map(([name, own]) => ({ name, cells: own }));
    return { tables: [{ title: "`reduce`, ns an event: this build / the other", rows }], bars };
  },
});
