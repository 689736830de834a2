import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./servers.js";

/** A socket of the load: raw, so that the load is cheap and never what is measured. */
export interface Client {
  /** What is written in one turn of the event loop leaves at once. */
  readonly write: (frame: Buffer) => void;
}

/** Takes note of how many bytes have come to the nth client. */
export type Hear = (n: number, bytes: number) => void;

/** A client's text frame, with a mask of zeros (RFC 6455, 5.2), for texts below 64 KiB. */
export const masked = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...head, 0, 0, 0, 0]), payload]);
};

/** Bytes of a server's frame around a text of so many. */
export const frameBytes = (text: number): number => text + (text < 126 ? 2 : text < 65_536 ? 4 : 10);

/** Sockets that this process may have open at once, other files aside; Node has raised its limit as far as it may. */
export const socketsMax = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1_024) - 200;

const upgrade =
  "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** All sockets read into the same memory: only one is read at a time. */
const shared = Buffer.allocUnsafe(262_144);

/** A client past its handshake, and past the greeting of its server. `hear` is told how many bytes have come. */
const clientOf = ({ port, contender }: Server, n: number, hear: (bytes: number) => void): Promise<Client> =>
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
      if (isIn) resolve({ write });
    };
    const callback = (bytes: number): boolean => {
      (isIn ? hear : enter)(bytes);
      return true;
    };
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer: shared, callback } });
    const write = (frame: Buffer): void => {
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(frame);
    };
    socket.on("error", reject);
    socket.write(`GET ${path(n)} HTTP/1.1\r\n${upgrade}\r\n\r\n`);
  });

const atOnce = 50;

/** Connects clients from the nth to before the mth, who then say something; fulfilled when nothing has come for 200 ms. */
export const clientsOf = async (
  server: Server,
  [from, to]: readonly [number, number],
  { say, hear }: { readonly say?: (n: number) => ReadonlyArray<string>; readonly hear?: Hear },
): Promise<ReadonlyArray<Client>> => {
  const clients: Client[] = [];
  let heard = 0;
  const enter = (n: number): Promise<Client> =>
    clientOf(server, n, (bytes) => {
      heard += bytes;
      hear?.(n, bytes);
    });
  for (let n = from; n < to; n += atOnce)
    clients.push(...(await Promise.all(Array.from({ length: Math.min(atOnce, to - n) }, (_, i) => enter(n + i)))));
  for (const [i, { write }] of clients.entries()) for (const text of say?.(from + i) ?? []) write(masked(text));
  for (let before = -1; before !== heard; await sleep(200)) before = heard;
  return clients;
};
