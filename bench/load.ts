import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./servers.js";

/** A socket of the load: raw, so that the load is cheap and never what is measured. */
export interface Client {
  readonly write: (frames: Buffer) => void;
}

/** Takes what came: `bytes` is only lent, until the call returns. */
export type Hear = (bytes: Buffer) => void;

/** A client's text frame, with a mask of zeros (RFC 6455, 5.2), for texts below 64 KiB. */
export const masked = (text: string): Buffer => {
  const { length } = Buffer.from(text);
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x81, ...head, 0, 0, 0, 0]), Buffer.from(text)]);
};

/** Bytes of a server's frame around a text of so many. */
export const frameBytes = (text: number): number => text + (text < 126 ? 2 : text < 65_536 ? 4 : 10);

/** All sockets read into the same memory: only one is read at a time. */
const shared = Buffer.allocUnsafe(262_144);

const upgradeTo = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** A client past its handshake, and past the greeting of its server. */
export const clientOf = ({ port, contender }: Server, n: number, hear: Hear): Promise<Client> =>
  new Promise((resolve, reject) => {
    const { path, hello, welcome } = contender.speech;
    let isIn = false;
    let before = "";
    const enter = (bytes: Buffer): void => {
      const isUpgraded = before.includes("\r\n\r\n");
      before += bytes.toString("latin1");
      const [head = "", rest] = before.split("\r\n\r\n", 2);
      if (rest === undefined) return;
      if (!head.startsWith("HTTP/1.1 101")) return reject(new Error(`${contender.name} refused a socket: ${head}`));
      if (!isUpgraded) for (const text of hello) socket.write(masked(text));
      isIn = rest.includes(welcome);
      if (!isIn) return;
      resolve({ write: (frames) => socket.write(frames) });
      if (rest.length > 0) hear(Buffer.from(rest, "latin1"));
    };
    const callback = (count: number): boolean => {
      (isIn ? hear : enter)(shared.subarray(0, count));
      return true;
    };
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer: shared, callback } });
    socket.on("error", reject);
    socket.on("connect", () => socket.write(upgradeTo(path(n))));
  });

/** Connects clients from the nth to before the mth, 50 at a time. */
export const clientsOf = async (server: Server, [from, to]: readonly [number, number], hearOf: (n: number) => Hear) => {
  const clients: Client[] = [];
  for (let n = from; n < to; n += 50)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, to - n) }, (_, i) => clientOf(server, n + i, hearOf(n + i))),
      )),
    );
  return clients;
};

/** Fulfilled when the number has stood still for 200 ms. */
export const quiet = async (bytes: () => number): Promise<void> => {
  for (let before = -1; before !== bytes(); await sleep(200)) before = bytes();
};

/** Rejected when not even one byte came for 10 s although not all had come. */
export const moving = async (name: string, bytes: () => number, isDone: () => boolean): Promise<void> => {
  for (let before = -1; !isDone(); ) {
    if (before === bytes()) throw new Error(`${name}: nothing came for 10 s, and only ${before} bytes before`);
    before = bytes();
    for (let waited = 0; waited < 10_000 && !isDone(); waited += 50) await sleep(50);
  }
};

export interface Load {
  readonly messages: number;
  /** Messages on their way at once; 1 is paced: the next leaves when all have the last. */
  readonly inFlight: number;
  /** Bytes that arrive, at all receivers together, for each message. */
  readonly bytesEach: number;
  /** Sends so many messages, the first of which is the nth. */
  readonly send: (nth: number, count: number) => void;
}

/** Counts the bytes that arrive, and keeps so many messages on their way. */
export const flow = (name: string) => {
  let [received, wakeAt] = [0, Number.POSITIVE_INFINITY];
  let wake = (): void => {};
  return {
    received: () => received,
    hear: (bytes: number): void => {
      received += bytes;
      if (received < wakeAt) return;
      wakeAt = Number.POSITIVE_INFINITY;
      // Not before all sockets of this turn have been read.
      setImmediate(wake);
    },
    /** Fulfilled when all of it has arrived. */
    run: async ({ messages, inFlight, bytesEach, send }: Load): Promise<void> => {
      let [sent, arrived] = [0, 0];
      received = 0;
      const finished = new Promise<void>((resolve) => {
        wake = () => {
          arrived = Math.floor(received / bytesEach);
          if (arrived >= messages) return resolve();
          const next = Math.max(0, Math.min(inFlight - (sent - arrived), messages - sent));
          wakeAt = (arrived + 1) * bytesEach;
          if (next > 0) send(sent, next);
          sent += next;
        };
        wake();
      });
      await Promise.race([
        finished,
        moving(
          name,
          () => received,
          () => arrived >= messages,
        ),
      ]);
    },
  };
};
