import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What the load was, and what came of it, by the count of bytes that arrived. */
export interface Fanout {
  readonly port: number;
  readonly subscribers: number;
  readonly messages: number;
  /** Messages on their way at once; 1 is paced: the next leaves when all have the last. */
  readonly inFlight: number;
  /** Bytes of one message's text. */
  readonly bytes: number;
}

const upgrade =
  "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A client's frame, with a mask of zeros (RFC 6455, 5.2), for texts below 64 KiB. */
const masked = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...head, 0, 0, 0, 0]), payload]);
};

const frameBytes = (text: number): number => text + (text < 126 ? 2 : 4);

const client = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(upgrade);
  await once(socket, "data");
  return socket;
};

const quiet = async (bytes: () => number): Promise<void> => {
  for (let before = -1; before !== bytes(); ) {
    before = bytes();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

/**
 * One publisher, many subscribers of one channel, raw sockets: cheap enough not to be the bottleneck.
 *
 * @param measure is called when all are connected and silence has come, and again when all has arrived
 */
export const fanOut = async (load: Fanout, measure: () => void): Promise<void> => {
  let received = 0;
  const count = (data: Buffer): void => {
    received += data.length;
  };
  const subscribers: Socket[] = [];
  for (let i = 0; i < load.subscribers; i++) {
    const socket = await client(load.port);
    socket.on("data", count);
    socket.write(masked('{"type":"subscribe","channel":"bench"}'));
    subscribers.push(socket);
  }
  const publisher = await client(load.port);
  publisher.resume();
  await quiet(() => received);

  const shell = JSON.stringify({ type: "m", channel: "bench", data: "" });
  const frame = masked(shell.replace('""', `"${"x".repeat(load.bytes - shell.length)}"`));
  const each = frameBytes(load.bytes) * load.subscribers;
  received = 0;
  measure();
  let sent = 0;
  while (received < each * load.messages) {
    const arrived = Math.floor(received / each);
    const room = Math.min(load.inFlight - (sent - arrived), load.messages - sent);
    if (room > 0) publisher.write(Buffer.concat(Array.from({ length: room }, () => frame)));
    sent += Math.max(room, 0);
    await new Promise(setImmediate);
  }
  measure();
  for (const socket of [...subscribers, publisher]) socket.destroy();
};
