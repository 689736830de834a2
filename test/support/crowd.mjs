// Many clients of the seed's protocol in one process: node crowd.mjs PORT CLIENTS. Four to a room. Says "there" when all are.
// They are plain sockets that read nothing they get: the time of the machine is for the server.
import { connect } from "node:net";

const [port, clients] = process.argv.slice(2).map(Number);
const atOnce = 200;

const handshake = `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

/** A masked frame of less than 64 KiB (RFC 6455, 5.2). The mask is 0, which changes nothing. */
const frame = (opcode, text) => {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...header, 0, 0, 0, 0]), payload]);
};
const pong = frame(0xa, "");

const come = (i) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.write(handshake);
    socket.once("data", () => {
      const roomId = `room-${Math.floor(i / 4)}`;
      const join = { type: "user-joined-room", data: { roomId, userId: `user-${i}`, userName: `User ${i}` } };
      const create = { type: "room-created", data: { id: roomId, name: `Room ${i}` } };
      for (const message of i % 4 === 0 ? [create, join] : [join]) socket.write(frame(0x1, JSON.stringify(message)));
      // Whatever came, a sign of life is an answer to a ping.
      socket.on("data", () => socket.write(pong));
      resolve();
    });
  });

for (let i = 0; i < clients; i += atOnce)
  await Promise.all(Array.from({ length: Math.min(atOnce, clients - i) }, (_, n) => come(i + n)));
process.stdout.write("there\n");
