import { once } from "node:events";
import { WebSocket } from "ws";
import { type Contender, ours } from "./contender.js";
import {
  atMost,
  type Bench,
  type Figures,
  type Findings,
  figures,
  inTurns,
  ratioOf,
  rowsOf,
  type Section,
  spreadOf,
} from "./section.js";
import { askInside, type Server, start } from "./servers.js";

/** One side of a protocol: what a client of it says. Both name their users themselves, or are told. */
interface Member {
  readonly user: string;
  readonly bytes: () => number;
  /** A signal of so many bytes; fulfilled when the other side has it. */
  readonly signal: (to: Member, bytes: number) => void;
  readonly heard: (wake: () => void) => void;
  readonly join: (room: number) => Promise<void>;
}
type Open = (server: Server, n: number) => Promise<Member>;

const payload = (bytes: number): string => "network ".repeat(bytes / 8);

const socketOf = async ({ port }: Server, protocol?: string) => {
  const url = `ws://127.0.0.1:${port}/ws`;
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], { perMessageDeflate: false });
  let bytes = 0;
  let listen = (_: string): void => {};
  socket.on("message", (data: Buffer) => {
    bytes += data.length;
    listen(data.toString());
  });
  socket.on("error", () => {});
  await once(socket, "open");
  return {
    socket,
    bytes: (): number => bytes,
    /** Fulfilled with the first text that begins so. */
    next: (beginning: string): Promise<string> =>
      new Promise((resolve) => {
        listen = (text) => text.startsWith(beginning) && resolve(text);
      }),
    listen: (to: (text: string) => void): void => {
      listen = to;
    },
  };
};

const seedMember: Open = async (server, n) => {
  const { socket, bytes, next, listen } = await socketOf(server);
  const user = `user-${n}`;
  const say = (type: string, channel: string, data: object): void =>
    socket.send(JSON.stringify({ type, channel, data }));
  const [signaling, rooms] = ["webrtc-signaling", "webrtc-dashboard-rooms"];
  say("subscribe", signaling, {});
  say("subscribe", rooms, {});
  say("hello", signaling, { fromUserId: user, toUserId: user });
  return {
    user,
    bytes,
    signal: (to, size) => say("webrtc-offer", signaling, { fromUserId: user, toUserId: to.user, sdp: payload(size) }),
    heard: (wake) => listen((text) => text.startsWith('{"type":"webrtc-offer"') && wake()),
    join: async (room) => {
      const joined = next('{"type":"server-room-list"');
      say("room-created", rooms, { id: `room-${room}`, name: `Room ${room}`, hostId: user });
      say("user-joined-room", rooms, { roomId: `room-${room}`, userId: user, userName: user });
      await joined;
    },
  };
};

const v1Member: Open = async (server) => {
  const { socket, bytes, next, listen } = await socketOf(server, "signalbox.v1");
  const welcomed = next('{"type":"welcome"');
  socket.send('{"type":"hello","id":1}');
  const { user } = JSON.parse(await welcomed) as { readonly user: string };
  let [id, seen, negotiation, at] = [1, 0, 0, ""];
  const ask = (request: object): void => socket.send(JSON.stringify({ id: ++id, seen, ...request }));
  return {
    user,
    bytes,
    signal: (to, size) =>
      ask({ type: "signal", room: at, to: to.user, kind: "offer", negotiation: ++negotiation, data: payload(size) }),
    heard: (wake) =>
      listen((text) => {
        seen += text.includes('"n":', 10) ? 1 : 0;
        // As the client library does; a request says it, too.
        if (seen % 16 === 0) socket.send(JSON.stringify({ type: "ack", seen }));
        if (text.startsWith('{"type":"signal"')) wake();
      }),
    join: async (room) => {
      at = `room-${room}`;
      const joined = next('{"type":"result"');
      ask({ type: "join", room: at, create: {} });
      seen = (JSON.parse(await joined) as { readonly n: number }).n;
    },
  };
};

const protocols = [
  { name: "the seed's protocol", open: seedMember },
  { name: "signalbox.v1", open: v1Member },
] as const;

const [cpu, sent] = ["server CPU per signal, µs", "sent per client, KB"];
const member = { ...ours, env: { ...ours.env, STATE_SPACING_MS: "200" } } satisfies Contender;

/** Pairs that signal to each other, each with a few under way. */
const signals = async (open: Open, pairs: number, rounds: number): Promise<Figures> => {
  const server = await start(member);
  const couples: Array<readonly [Member, Member]> = [];
  for (let i = 0; i < pairs; i++) {
    const [a, b] = [await open(server, 2 * i), await open(server, 2 * i + 1)];
    await a.join(i);
    await b.join(i);
    couples.push([a, b]);
  }
  const { cpuMicros: before } = await server.ask("look");
  await Promise.all(
    couples.map(
      ([a, b]) =>
        new Promise<void>((resolve) => {
          let left = rounds;
          b.heard(() => {
            left -= 1;
            if (left === 0) resolve();
            else a.signal(b, 1_024);
          });
          a.heard(() => {});
          a.signal(b, 1_024);
        }),
    ),
  );
  const { cpuMicros: after } = await server.ask("look");
  await server.stop();
  return { [cpu]: (after - before) / (pairs * rounds) };
};

/** All come within a second, and each joins one of the rooms. */
const arrival = async (open: Open, clients: number, rooms: number): Promise<Figures> => {
  const server = await start(member);
  const all = await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, (n / clients) * 1_000));
      const one = await open(server, n);
      await one.join(n % rooms);
      return one;
    }),
  );
  // What is spaced comes within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const bytes = all.reduce((sum, one) => sum + one.bytes(), 0);
  await server.stop();
  return { [sent]: bytes / clients / 1_000 };
};

const run = async ({ sizes, rounds, progress }: Bench): Promise<Findings> => {
  const [pairs, each] = sizes([100, 200], [50, 50], [4, 4]);
  const [clients, rooms] = sizes([1_000, 100], [200, 20], [8, 2]);
  progress(`${pairs} pairs signal`);
  const signalled = await inTurns(protocols, rounds, ({ open }) => signals(open, pairs, each));
  progress(`${clients} clients come to ${rooms} rooms`);
  const arrived = await inTurns(protocols, Math.min(rounds, 3), ({ open }) => arrival(open, clients, rooms));
  progress("sessions that are away");
  const [sessions] = sizes([10_000], [10_000], [500]);
  const heapEach = (await askInside("away", sessions)) / 1_024;
  const [theirs, mine] = [protocols[0].name, protocols[1].name];
  return {
    tables: [
      { title: `A signal of 1 KB to one participant, ${pairs} pairs`, rows: rowsOf(signalled) },
      { title: `${clients} clients connect and join ${rooms} rooms within a second`, rows: rowsOf(arrived) },
      {
        title: `${sessions.toLocaleString("en")} sessions that are away, ten in a room, in the core alone`,
        rows: [{ name: mine, cells: { "heap, KB each": heapEach } }],
      },
    ],
    bars: [
      ...atMost(
        "a signal costs, by the seed's targeted relay",
        ratioOf(figures(signalled, mine, cpu), figures(signalled, theirs, cpu)),
        1,
      ),
      ...atMost("heap of a session that is away, KB", spreadOf([heapEach]), 4),
      ...atMost("bytes sent, by the seed's protocol", spreadOf(ratios(arrived, mine, theirs)), 0.05),
    ],
  };
};

const ratios = (results: Parameters<typeof figures>[0], mine: string, theirs: string): ReadonlyArray<number> =>
  figures(results, mine, sent).map((bytes, i) => bytes / (figures(results, theirs, sent)[i] ?? Number.NaN));

export const v1: Section = { name: "v1", title: "signalbox.v1 beside the seed's protocol", run };
