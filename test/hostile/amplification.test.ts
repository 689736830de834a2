import { expect, test } from "vitest";
import { portOf, start } from "../support/child.js";
import { longRooms } from "./attacks.js";
import { json, nonReader, nonReaders, sleep } from "./raw.js";

test("300 subscribers of a long list are sent at most 1,000 bytes for each byte of who changes it", {
  timeout: 60_000,
}, async () => {
  const port = await portOf(start({ NODE_ENV: "production" }));
  await longRooms(port, 300);
  const subscribers = await nonReaders(port, 300);
  let sent = 0;
  for (const socket of subscribers) {
    socket.resume().on("data", ({ length }) => {
      sent += length;
    });
    socket.write(json({ type: "subscribe", channel: "webrtc-dashboard-rooms" }));
  }
  const attacker = await nonReader(port);
  attacker.resume();
  const room = { id: "mine", name: "x".repeat(100) };
  attacker.write(json({ type: "room-created", data: { ...room, description: "" } }));
  await sleep(2_000);
  const before = sent;
  let said = 0;
  // 16 KB a second.
  for (let n = 0; n < 40; n++) {
    const change = json({ type: "room-created", data: { ...room, description: `${n}`.repeat(500) } });
    const padded = [change, json({ type: "ping", padding: "x".repeat(1_600 - change.length) })];
    for (const one of padded) {
      said += one.length;
      attacker.write(one);
    }
    await sleep(100);
  }
  const ratio = (sent - before) / said;
  if (process.env.HOSTILE) process.stdout.write(`${Math.round(ratio)} bytes out for a byte in\n`);
  expect(ratio).toBeGreaterThan(1);
  expect(ratio).toBeLessThan(1_000);
  for (const socket of subscribers) socket.destroy();
});
