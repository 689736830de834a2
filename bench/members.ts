import { once } from "node:events";
import { WebSocket } from "ws";
import { userOf } from "./contender.js";
import type { Server } from "./servers.js";

/** A client, whatever its protocol: users name themselves, or are told who they are. */
export interface Member {
  readonly user: string;
  /** Bytes received so far. */
  readonly bytes: () => number;
  /** A signal of so many bytes. */
  readonly signal: (to: Member, bytes: number) => void;
  /** Called with each signal that comes. */
  readonly heard: (wake: () => void) => void;
  readonly join: (room: number) => Promise<void>;
}

/** Connects the nth member. */
export type Open = (server: Server, n: number) => Promise<Member>;

const payload = (bytes: number): string => "network ".repeat(bytes / 8);

const socketOf = async ({ port, contender }: Server, protocol?: string) => {
  const url = `ws://127.0.0.1:${port}${contender.speech.path(0)}`;
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

export const seedMember: Open = async (server, n) => {
  const { socket, bytes, next, listen } = await socketOf(server);
  const user = userOf(n);
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

export const v1Member: Open = async (server) => {
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

/** A user is a channel, or a room: with socket.io its documentation advises it. Nobody is told whether a message has arrived. */
const channelMember =
  (heard: string): Open =>
  async (server, n) => {
    const { speech } = server.contender;
    const { socket, bytes, next, listen } = await socketOf(server);
    if (speech.greeting !== undefined) {
      const [hello, welcome] = speech.greeting;
      const welcomed = next(welcome);
      socket.send(hello);
      await welcomed;
    }
    const user = userOf(n);
    socket.send(speech.subscribe(user));
    return {
      user,
      bytes,
      signal: (to, size) => socket.send(speech.publish(to.user, size)),
      heard: (wake) => listen((text) => text.startsWith(heard) && wake()),
      join: async () => {},
    };
  };

export const socketIoMember = channelMember('42["m"');
export const bareMember = channelMember('{"type":"m"');

const patienceMs = 20_000;

/** One of each pair signals to the other, and again when that has come. Rejected when they take too long. */
export const signalled = (
  pairs: ReadonlyArray<readonly [Member, Member]>,
  bytes: number,
  rounds: number,
): Promise<unknown> =>
  Promise.all(
    pairs.map(
      ([a, b], i) =>
        new Promise<void>((resolve, reject) => {
          let left = rounds;
          const timer = setTimeout(() => reject(new Error(`pair ${i}: ${left} signals did not come`)), patienceMs);
          b.heard(() => {
            left -= 1;
            if (left > 0) return a.signal(b, bytes);
            clearTimeout(timer);
            resolve();
          });
          a.heard(() => {});
          a.signal(b, bytes);
        }),
    ),
  );
