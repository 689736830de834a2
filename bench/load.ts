import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { userOf } from "./contender.js";
import type { Server } from "./servers.js";

/** So many bytes have come to the nth client. */
type Hear = (n: number, bytes: number) => void;

/** A client's text frame, with a mask of zeros (RFC 6455, 5.2), for texts below 64 KiB. */
const masked = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...head, 0, 0, 0, 0]), payload]);
};

/** Bytes of a server's frame around a text of so many. */
const frameBytes = (text: number): number => text + (text < 126 ? 2 : text < 65_536 ? 4 : 10);

/** Sockets that this process may have open at once, other files aside. */
export const socketsMax = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1_024) - 200;

const upgrade =
  "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** All sockets read into the same memory: only one is read at a time. */
const shared = Buffer.allocUnsafe(262_144);

/** A client past its handshake and the greeting of its server: a raw socket, so that the load is never what is measured. */
const clientOf = ({ port, contender }: Server, n: number, hear: (bytes: number) => void): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { path, greeting: [hello, welcome] = ["", ""] } = contender.speech;
    let isIn = false;
    let before = "";
    const enter = (bytes: number): void => {
      const isUpgraded = before.includes("\r\n\r\n");
      before += shared.toString("latin1", 0, bytes);
      const [head = "", rest] = before.split("\r\n\r\n", 2);
      if (rest === undefined) return;
      if (!head.startsWith("HTTP/1.1 101")) return reject(new Error(`${contender.name} refused a socket: ${head}`));
      if (!isUpgraded && hello !== "") socket.write(masked(hello));
      isIn = rest.includes(welcome);
      if (isIn) resolve(socket);
    };
    const callback = (bytes: number): boolean => {
      (isIn ? hear : enter)(bytes);
      return true;
    };
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer: shared, callback } });
    socket.on("error", reject);
    socket.write(`GET ${path(n)} HTTP/1.1\r\n${upgrade}\r\n\r\n`);
  });

/** Connects clients from the nth to before the mth, who then say something; fulfilled when nothing has come for 200 ms. */
export const clientsOf = async (
  server: Server,
  [from, to]: readonly [number, number],
  { say, hear }: { readonly say?: (n: number) => ReadonlyArray<string>; readonly hear?: Hear },
): Promise<ReadonlyArray<Socket>> => {
  const clients: Socket[] = [];
  let heard = 0;
  const enter = (n: number): Promise<Socket> =>
    clientOf(server, n, (bytes) => {
      heard += bytes;
      hear?.(n, bytes);
    });
  for (let n = from; n < to; n += 50)
    clients.push(...(await Promise.all(Array.from({ length: Math.min(50, to - n) }, (_, i) => enter(n + i)))));
  for (const [i, client] of clients.entries()) for (const text of say?.(from + i) ?? []) client.write(masked(text));
  for (let before = -1; before !== heard; await sleep(200)) before = heard;
  return clients;
};

/** Texts of so many bytes, so many on their way at once. One is paced: the next leaves when all have the last. */
export type Work = Readonly<Record<"bytes" | "inFlight" | "messages", number>>;

/** Connects so many clients; then messages from some to others can be delivered, and it is told how many have arrived in the end. */
export type Open = (server: Server, size: number) => Promise<(work: Work) => Promise<number>>;

const channel = "bench";
const patienceMs = 10_000;

const publisherOf = async (server: Server, size: number, hear: Hear): Promise<Socket> => {
  await clientsOf(server, [0, size], { say: () => [server.contender.speech.subscribe(channel)], hear });
  return (await clientsOf(server, [size, size + 1], {}))[0] as Socket;
};

/** One publisher, and so many subscribers of its channel. */
export const audienceOf: Open = async (server, size) => {
  const arrivals = arrivalsAt(server);
  const publisher = await publisherOf(server, size, arrivals.hear);
  return async (work) => {
    const frame = masked(server.contender.speech.publish(channel, work.bytes));
    const send = (_: number, count: number): void =>
      void publisher.write(Buffer.concat(Array.from({ length: count }, () => frame)));
    await arrivals.run(work, { send, bytesEach: frameBytes(work.bytes) * size });
    return work.messages * size;
  };
};

/** ms from each message's leaving the publisher to its arrival, for each of so many subscribers. */
export const latenciesOf = async (
  server: Server,
  size: number,
  { bytes, messages, perSecond }: Omit<Work, "inFlight"> & { readonly perSecond: number },
): Promise<ReadonlyArray<number>> => {
  const [heard, each] = [new Float64Array(size), frameBytes(bytes)];
  const [sentAt, found]: [number[], number[]] = [[], []];
  const publisher = await publisherOf(server, size, (n, more) => {
    const before = heard[n] ?? 0;
    heard[n] = before + more;
    const now = performance.now();
    for (let message = Math.floor(before / each); message < Math.floor((before + more) / each); message++)
      found.push(now - (sentAt[message] ?? now));
  });
  // What a server says of itself has come by now.
  heard.fill(0);
  found.length = 0;
  const frame = masked(server.contender.speech.publish(channel, bytes));
  for (const began = performance.now(); found.length < messages * size; await sleep(1)) {
    const ms = performance.now() - began;
    const due = Math.min(messages, Math.floor((ms * perSecond) / 1_000) + 1);
    for (; sentAt.length < due; publisher.write(frame)) sentAt.push(performance.now());
    if (ms > (messages * 1_000) / perSecond + patienceMs) throw new Error("messages were lost");
  }
  return found;
};

const pairs = 1_024;

/** Users of whom the first so many write to each other, pair after pair. */
export const usersOf =
  (talkers: number): Open =>
  async (server, size) => {
    const { speech, isNaive } = server.contender;
    const { introduce = (n) => [speech.subscribe(userOf(n))], addedBytes = 0 } = speech;
    const { say = (_, to, bytes) => speech.publish(userOf(to), bytes) } = speech;
    const arrivals = arrivalsAt(server);
    const clients = await clientsOf(server, [0, size], { say: introduce, hear: arrivals.hear });
    return async (work) => {
      const sends = Array.from({ length: pairs }, (_, i) => {
        const from = random(i, talkers);
        const to = (from + 1 + random(i + pairs, talkers - 1)) % talkers;
        return [clients[from] as Socket, masked(say(from, to, work.bytes))] as const;
      });
      const send = (nth: number, count: number): void => {
        for (let i = nth; i < nth + count; i++) {
          const [client, frame] = sends[i % pairs] as (typeof sends)[number];
          client.write(frame);
        }
      };
      const bytesEach = frameBytes(work.bytes + addedBytes) * (isNaive ? size - 1 : 1);
      await arrivals.run(work, { send, bytesEach });
      return work.messages;
    };
  };

/** The same at every run: a number below `end` that looks like chance (the mixing step of MurmurHash3). */
const random = (n: number, end: number): number => {
  let mixed = Math.imul((n + 1) ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % end;
};

/** Sends so many messages from the nth on; and the bytes that arrive for each, at all receivers together. */
type Way = { readonly send: (nth: number, count: number) => void; readonly bytesEach: number };

/** Counts the bytes that arrive, and keeps so many messages on their way. */
const arrivalsAt = ({ contender: { name } }: Server) => {
  let received = 0;
  let wake = (): void => {};
  let wakeAt = Number.POSITIVE_INFINITY;
  const hear: Hear = (_, bytes) => {
    received += bytes;
    if (received < wakeAt) return;
    wakeAt = Number.POSITIVE_INFINITY;
    // Not before all sockets of this turn have been read.
    setImmediate(wake);
  };
  /** Fulfilled when all of it has arrived, rejected when for 10 s not one message has. */
  const run = ({ messages, inFlight }: Work, { send, bytesEach }: Way): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const stalled = (): void => reject(new Error(`${name}: only ${received} of ${messages * bytesEach} bytes came`));
      const timer = setTimeout(stalled, patienceMs);
      let sent = 0;
      received = 0;
      wake = () => {
        const arrived = Math.floor(received / bytesEach);
        if (arrived >= messages) {
          clearTimeout(timer);
          return resolve();
        }
        timer.refresh();
        wakeAt = (arrived + 1) * bytesEach;
        const count = Math.min(arrived + inFlight, messages) - sent;
        sent += count;
        if (count > 0) send(sent - count, count);
      };
      wake();
    });
  return { hear, run };
};
