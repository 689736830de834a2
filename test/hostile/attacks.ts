import { connect, type Socket } from "node:net";
import { frame, json, nonReaders, pong, sleep } from "./raw.js";

export interface Attack {
  readonly name: string;
  /** Fulfilled when the attack has done its worst; what it answers with ends it. */
  readonly run: (port: number) => Promise<() => void>;
}

const leaving = (sockets: ReadonlyArray<Socket>) => (): void => {
  for (const socket of sockets) socket.destroy();
};

const many = (count: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => one));

/** Readers of so many bytes a millisecond. */
const slowReaders = async (port: number, bytesPerMs: ReadonlyArray<number>) => {
  const sockets = await nonReaders(port, bytesPerMs.length);
  return sockets.map((socket, i) => {
    let budget = 0;
    const timer = setInterval(() => {
      budget = Math.min(budget + 20 * (bytesPerMs[i] ?? 0), 20 * (bytesPerMs[i] ?? 0));
      if (budget > 0) socket.resume();
    }, 20);
    socket.on("data", (bytes: Buffer) => {
      budget -= bytes.length;
      if (budget <= 0) socket.pause();
    });
    socket.pause();
    socket.on("close", () => clearInterval(timer));
    return { socket };
  });
};

/** Rooms with the longest names, created by as many sockets as it takes. */
export const longRooms = async (port: number, count: number): Promise<ReadonlyArray<Socket>> => {
  const creators = await nonReaders(port, Math.ceil(count / 8));
  for (const [i, socket] of creators.entries()) {
    socket.resume();
    for (let n = 0; n < 8; n++) {
      const data = {
        id: `${"i".repeat(120)}${i}-${n}`,
        name: "\u{1F600}".repeat(100),
        description: "\u{1F600}".repeat(1_000),
      };
      socket.write(json({ type: "room-created", data }));
      const user = { roomId: data.id, userId: `user-${i}-${n}`, userName: "\u{1F600}".repeat(100) };
      socket.write(json({ type: "user-joined-room", data: user }));
    }
  }
  await sleep(1_000);
  return creators;
};

export const attacks: ReadonlyArray<Attack> = [
  {
    name: "40 that do not read send 64 frames of 64 KiB that are echoed",
    run: async (port) => {
      const all = await nonReaders(port, 40);
      const echoed = many(64, frame("x".repeat(65_000)));
      for (const socket of all) socket.write(echoed);
      await sleep(2_500);
      return leaving(all);
    },
  },
  {
    name: "100 on one channel that do not read send 100 messages of 1 KB each, at once",
    run: async (port) => {
      const all = await nonReaders(port, 100);
      const subscribed = json({ type: "subscribe", channel: "crowd" });
      for (const socket of all) socket.write(subscribed);
      await sleep(300);
      const message = json({
        type: "webrtc-offer",
        channel: "crowd",
        data: { fromUserId: "x", sdp: "x".repeat(1_000) },
      });
      for (const socket of all) socket.write(many(100, message));
      await sleep(2_500);
      return leaving(all);
    },
  },
  {
    name: "pings, pongs and tiny frames, as many as fit",
    run: async (port) => {
      const all = await nonReaders(port, 10);
      for (const socket of all) socket.resume();
      const flood = [
        many(10_000, pong),
        many(10_000, frame("", 0x9)),
        many(10_000, frame("")),
        many(10_000, frame("x", 0x2)),
      ];
      for (let i = 0; i < 10; i++) {
        for (const [n, socket] of all.entries()) socket.write(flood[n % flood.length] ?? "");
        await sleep(100);
      }
      await sleep(2_000);
      return leaving(all);
    },
  },
  {
    name: "5 connections pipeline 36 KB of GET /api/rooms each, with 1,000 long rooms",
    run: async (port) => {
      const creators = await longRooms(port, 1_000);
      const request = Buffer.from("GET /api/rooms HTTP/1.1\r\nHost: x\r\n\r\n");
      const asking = Array.from({ length: 5 }, () =>
        connect(port, "127.0.0.1")
          .on("error", () => {})
          .pause(),
      );
      for (const socket of asking) socket.write(many(1_000, request));
      await sleep(2_500);
      return leaving([...creators, ...asking]);
    },
  },
  {
    name: "unsubscribes of 64 channels, 2,000 times",
    run: async (port) => {
      const all = await nonReaders(port, 4);
      const channels = Array.from({ length: 64 }, (_, n) => `channel-${n}`);
      const turns = ["subscribe", "unsubscribe"].flatMap((type) => channels.map((channel) => json({ type, channel })));
      for (const socket of all) socket.resume();
      for (let i = 0; i < 16; i++) {
        for (const socket of all) socket.write(Buffer.concat(turns));
        await sleep(50);
      }
      await sleep(2_000);
      return leaving(all);
    },
  },
  {
    name: "50 that hold 1,024 places each, gone at once",
    run: async (port) => {
      const creators = await nonReaders(port, 8);
      for (const [i, socket] of creators.entries()) {
        socket.resume();
        for (let n = 0; n < 8; n++) socket.write(json({ type: "room-created", data: { id: `r${i}-${n}`, name: "R" } }));
      }
      await sleep(500);
      const all = await nonReaders(port, 50);
      for (const socket of all) socket.resume();
      for (let place = 0; place < 1_024; place++) {
        for (const [n, socket] of all.entries()) {
          const data = {
            roomId: `r${place % 8}-${Math.floor(place / 8) % 8}`,
            userId: `u${n}-${place}`,
            userName: "U",
          };
          socket.write(json({ type: "user-joined-room", data }));
        }
        if (place % 64 === 63) await sleep(100);
      }
      await sleep(500);
      leaving(all)();
      await sleep(3_000);
      return leaving(creators);
    },
  },
  {
    name: "one sends 9.8 MB of relays of 65 KB to readers of 1 to 5 MB/s",
    run: async (port) => {
      const readers = await slowReaders(port, [1_000, 2_000, 5_000]);
      for (const { socket } of readers) socket.write(json({ type: "subscribe", channel: "bulk" }));
      const [sender] = await nonReaders(port, 1);
      sender?.resume();
      await sleep(200);
      const relay = json({ type: "webrtc-offer", channel: "bulk", data: { fromUserId: "x", sdp: "x".repeat(64_000) } });
      sender?.write(many(150, relay));
      await sleep(6_000);
      if (readers.some(({ socket }) => socket.destroyed)) throw new Error("a reader was cut off");
      return () => {
        for (const { socket } of readers) socket.destroy();
        sender?.destroy();
      };
    },
  },
  {
    name: "200 that do not read, pong now and then, and ask for long lists",
    run: async (port) => {
      const creators = await longRooms(port, 1_000);
      const all = await nonReaders(port, 200);
      const ask = json({ type: "room-list-request" });
      for (let i = 0; i < 10; i++) {
        for (const socket of all) socket.write(Buffer.concat([pong, ask]));
        creators[0]?.write(json({ type: "room-created", data: { id: `more-${i}`, name: "R" } }));
        creators[0]?.write(
          json({ type: "user-joined-room", data: { roomId: `more-${i}`, userId: "u", userName: "U" } }),
        );
        await sleep(400);
      }
      return leaving([...creators, ...all]);
    },
  },
];
