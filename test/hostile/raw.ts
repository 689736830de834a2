import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect } from "vitest";
import type { Running } from "../../adapters/server/serve.js";
import { type Peer, settled, until } from "../support/net.js";

export interface FrameShape {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** The three reserved bits; RSV1 is 4. */
  readonly rsv?: number;
  readonly payload?: string | Buffer;
  /** Undefined: unmasked. */
  readonly mask?: number | undefined;
  /** The length that the frame says it has. */
  readonly declared?: bigint;
  /** How its length is written, as short as it can be if this is not given. */
  readonly lengthBits?: 7 | 16 | 64;
}

/** A frame with anything that a frame must not have. */
export const rawFrame = (shape: FrameShape): Buffer => {
  const { opcode = 0x1, fin = true, rsv = 0, payload = "", lengthBits } = shape;
  // The mask of the examples in RFC 6455, 5.7.
  const mask = "mask" in shape ? shape.mask : 0x37_fa_21_3d;
  const bytes = Buffer.from(payload as string);
  const { declared = BigInt(bytes.length) } = shape;
  const bits = lengthBits ?? (declared < 126n ? 7 : declared <= 0xffffn ? 16 : 64);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(declared);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask ?? 0);
  const second = (mask === undefined ? 0 : 0x80) | { 7: Number(declared), 16: 126, 64: 127 }[bits];
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, second]),
    length.subarray({ 7: 8, 16: 6, 64: 0 }[bits]),
    mask === undefined ? Buffer.alloc(0) : key,
    bytes.map((byte, i) => byte ^ (key[i % 4] ?? 0)),
  ]);
};

/** A frame as clients send it. The mask is 0, which changes nothing. */
export const frame = (payload: string | Buffer, opcode = 0x1, fin = true): Buffer =>
  rawFrame({ payload, opcode, fin, mask: 0 });

export const json = (message: object): Buffer => frame(JSON.stringify(message));

export const pong = frame("", 0xa);

export const handshake = (path: string, ...headers: ReadonlyArray<string>): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ...headers,
    "\r\n",
  ].join("\r\n");

/** A connection that ends its side only when it is told to. */
export const opened = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};

/** What may become of a connection whose bytes are on their way. */
export const abandonments: Readonly<Record<string, (socket: Socket) => void>> = {
  "is reset": (socket) => void socket.resetAndDestroy(),
  "ends half and never reads": (socket) => void socket.pause().end(),
};

/** A socket that has made its handshake, with these headers beside the usual ones, and reads nothing after it. */
export const nonReader = (port: number, ...headers: ReadonlyArray<string>): Promise<Socket> =>
  nonReaderAt(port, "/ws", ...headers);

export const nonReaderAt = async (port: number, path: string, ...headers: ReadonlyArray<string>): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(handshake(path, ...headers));
  const [head] = (await once(socket, "data")) as [Buffer];
  if (!head.toString("latin1").startsWith("HTTP/1.1 101")) throw new Error(`not let in: ${head.toString("latin1")}`);
  return socket.pause();
};

/** The same, and it reads what it is sent, without looking at it. */
export const reader = async (port: number, ...headers: ReadonlyArray<string>): Promise<Socket> =>
  (await nonReader(port, ...headers)).resume();

export const nonReaders = async (port: number, count: number): Promise<ReadonlyArray<Socket>> =>
  Promise.all(Array.from({ length: count }, () => nonReader(port)));

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const groupSize = 40;

/** Not all at once: the server takes as many connections as it has descriptors for. */
export const inGroups = async <A>(all: ReadonlyArray<A>, act: (one: A) => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < all.length; i += groupSize) await Promise.all(all.slice(i, i + groupSize).map(act));
};

/** The server answers, and only the witness is left, who is served. */
export const isWell = async (server: Running, witness: Peer): Promise<void> => {
  // Taken after all that came before it.
  const { status } = await fetch(`http://127.0.0.1:${server.port}/livez`, { headers: { connection: "close" } });
  expect(status).toBe(200);
  await until(() => server.connections() === 1, 8_000);
  await until(() => server.runtime.state().local.clients.size === 1);
  await settled(witness);
};
