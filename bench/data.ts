import { join } from "node:path";
import { type Contender, ours } from "./contender.js";
import { type Joining, joins } from "./joins.js";
import {
  atMost,
  type Bench,
  type Figures,
  type Findings,
  figures,
  inTurns,
  quantile,
  rowsOf,
  type Section,
  spreadOf,
} from "./section.js";
import { askInside, start } from "./servers.js";

const [half, most] = ["join p50, ms", "join p99, ms"];
const ready = "from the start of the process to the first answer, ms";

const joinsAt = async (contender: Contender, joining: Joining): Promise<Figures> => {
  const server = await start(contender);
  const took = await joins([server], joining);
  await server.stop();
  return { [half]: quantile(took, 0.5), [most]: quantile(took, 0.99) };
};

const run = async ({ sizes, rounds, folder, progress }: Bench): Promise<Findings> => {
  const [joining] = sizes<[Joining]>(
    [{ clients: 400, perSecond: 1_000, seconds: 5, warmSeconds: 1, more: 0 }],
    [{ clients: 400, perSecond: 500, seconds: 2, warmSeconds: 1, more: 0 }],
    [{ clients: 10, perSecond: 50, seconds: 1, warmSeconds: 0, more: 0 }],
  );
  const { perSecond } = joining;
  const inMemory = { ...ours, name: "in memory" };
  const onDisk = (name: string) => ({
    ...{ ...ours, name: "with DATA" },
    env: { ...ours.env, DATA: join(folder, name), ROOMS_MAX: "200000" },
  });
  progress(`${perSecond} joins a second`);
  let round = 0;
  const joined = await inTurns([inMemory, onDisk("")], Math.min(rounds, 3), ({ name, ...contender }) => {
    round += 1;
    return joinsAt(name === inMemory.name ? { ...contender, name } : onDisk(`joins-${round}`), joining);
  });
  const [rooms, each] = sizes([100_000, 3], [10_000, 3], [100, 3]);
  progress(`${rooms} rooms are kept`);
  await askInside("keep", join(folder, "kept"), rooms, each);
  const restored = await inTurns([onDisk("kept")], Math.min(rounds, 3), async (contender) => {
    const server = await start(contender);
    await server.stop();
    return { [ready]: server.startMs };
  });
  return {
    tables: [
      { title: `${perSecond.toLocaleString("en")} joins a second, and as many leaves`, rows: rowsOf(joined) },
      {
        title: `A start with ${rooms.toLocaleString("en")} rooms and ${(rooms * each).toLocaleString("en")} participants`,
        rows: rowsOf(restored),
      },
    ],
    bars: [
      ...atMost("p99 of a join with the disk in play, ms", spreadOf(figures(joined, "with DATA", most)), 10),
      ...atMost("a start with all that was kept, ms", spreadOf(figures(restored, "with DATA", ready)), 5_000),
    ],
  };
};

export const data: Section = { name: "data", title: "Rooms that are kept on disk", run };
