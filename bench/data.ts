import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Contender, ours } from "./contender.js";
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
import { askInside, type Server, start } from "./servers.js";

const [half, most] = ["join p50, ms", "join p99, ms"];
const ready = "from the start of the process to the first answer, ms";

interface Joiner {
  readonly join: (room: string) => Promise<number>;
  readonly leave: (room: string) => void;
}

/** A client that joins and leaves, and tells how long a join takes. */
const joinerOf = async ({ port }: Server): Promise<Joiner> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["signalbox.v1"], { perMessageDeflate: false });
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send('{"type":"hello","id":1}');
  let [id, seen] = [1, 0];
  const waiting = new Map<number, () => void>();
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { readonly type: string; readonly id?: number; readonly n?: number };
    seen = frame.n ?? seen;
    if (frame.type === "result" && frame.id !== undefined) waiting.get(frame.id)?.();
    if (frame.id !== undefined) waiting.delete(frame.id);
  });
  const ask = (request: object): number => {
    id += 1;
    socket.send(JSON.stringify({ id, seen, ...request }));
    return id;
  };
  return {
    join: (room) => {
      const began = performance.now();
      const asked = ask({ type: "join", room, create: {} });
      return new Promise((resolve) => waiting.set(asked, () => resolve(performance.now() - began)));
    },
    leave: (room) => ask({ type: "leave", room }),
  };
};

/** So many joins a second, whatever becomes of them, by clients that leave again. The first second is not counted: nothing is compiled yet. */
const joins = async (contender: Contender, perSecond: number, seconds: number): Promise<Figures> => {
  const server = await start(contender);
  const clients = await Promise.all(Array.from({ length: 400 }, () => joinerOf(server)));
  const took: number[] = [];
  const began = performance.now();
  for (let n = 0; n < perSecond * (seconds + 1); n++) {
    const wait = began + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const [client, room] = [clients[n % clients.length], `room-${n % 100}-${n % clients.length}`];
    client?.join(room).then((ms) => {
      if (n >= perSecond) took.push(ms);
      client.leave(room);
    });
  }
  await sleep(1_000);
  await server.stop();
  if (took.length < perSecond * seconds) throw new Error(`${took.length} joins were answered`);
  return { [half]: quantile(took, 0.5), [most]: quantile(took, 0.99) };
};

const run = async ({ sizes, rounds, folder, progress }: Bench): Promise<Findings> => {
  const [perSecond, seconds] = sizes([1_000, 5], [500, 2], [50, 1]);
  const inMemory = { ...ours, name: "in memory" };
  const onDisk = (name: string) => ({
    ...{ ...ours, name: "with DATA" },
    env: { ...ours.env, DATA: join(folder, name), ROOMS_MAX: "200000" },
  });
  progress(`${perSecond} joins a second`);
  let round = 0;
  const joined = await inTurns([inMemory, onDisk("")], Math.min(rounds, 3), ({ name, ...contender }) => {
    round += 1;
    return joins(name === inMemory.name ? { ...contender, name } : onDisk(`joins-${round}`), perSecond, seconds);
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
