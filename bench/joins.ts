import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Server } from "./servers.js";

const patienceMs = 10_000;

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

/**
 * So many joins a second, by so many clients, for so long. Those of the first seconds are not counted: nothing is compiled yet. `more`
 * joins follow, as many at once as there are clients, and nobody looks at how long they take.
 */
export type Joining = Readonly<Record<"clients" | "perSecond" | "seconds" | "warmSeconds" | "more", number>>;

/** All joins, and as many leaves. */
export const entriesOf = ({ perSecond, seconds, warmSeconds, more }: Joining): number =>
  2 * (perSecond * (seconds + warmSeconds) + more);

/** ms that each of the joins takes, whatever becomes of the others, by clients of these servers in turn; each leaves again. */
export const joins = async (
  servers: ReadonlyArray<Server>,
  { clients: count, perSecond, seconds, warmSeconds, more }: Joining,
): Promise<ReadonlyArray<number>> => {
  const clients = await Promise.all(
    Array.from({ length: count }, (_, n) => joinerOf(servers[n % servers.length] as Server)),
  );
  const took: number[] = [];
  const began = performance.now();
  for (let n = 0; n < perSecond * (seconds + warmSeconds); n++) {
    const wait = began + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const [client, room] = [clients[n % clients.length], `room-${n % 100}-${n % clients.length}`];
    client?.join(room).then((ms) => {
      if (n >= perSecond * warmSeconds) took.push(ms);
      client.leave(room);
    });
  }
  for (const end = performance.now() + patienceMs; took.length < perSecond * seconds; await sleep(100))
    if (performance.now() > end) throw new Error(`only ${took.length} joins were answered`);
  await Promise.all(
    clients.map(async ({ join, leave }, n) => {
      for (let left = Math.floor(more / count); left > 0; left--) {
        await join(`room-${n}`);
        leave(`room-${n}`);
      }
    }),
  );
  return took;
};
