import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { sending, type Waiting } from "../../adapters/sockets/sending.js";
import { frame } from "../../adapters/sockets/ws.js";
import { until } from "../support/net.js";

const pair = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const here = connect(port, "127.0.0.1");
  const [there] = (await once(server, "connection")) as [Socket];
  for (const socket of [here, there]) socket.on("error", () => {});
  onTestFinished(() => {
    here.destroy();
    there.destroy();
    server.close();
  });
  return { here, there };
};

const anyFrames = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 500 }) },
    { weight: 2, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
    { weight: 1, arbitrary: fc.constant(600_000) },
  ),
  { maxLength: 12 },
);

test("law: whatever is sent arrives, whole and in order, and then nothing waits", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrames, { maxLength: 8 }), async (writes) => {
      const { here, there } = await pair();
      const all: Waiting = { bytes: 0, bytesMax: Number.POSITIVE_INFINITY };
      const out = sending(here, Number.POSITIVE_INFINITY, all, () => {});
      const heard: Buffer[] = [];
      there.on("data", (bytes) => heard.push(bytes));
      const sent = writes.map((lengths, n) => Buffer.concat(lengths.map((length) => frame(`${n}`.repeat(length)))));
      for (const bytes of sent) expect(out.send(bytes, 0)).toBe(true);
      const expected = Buffer.concat(sent);
      await until(() => heard.reduce((sum, { length }) => sum + length, 0) === expected.length);
      expect(Buffer.concat(heard).equals(expected)).toBe(true);
      await until(() => !out.isBehind() && out.waiting() === 0);
      expect(all.bytes).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("to one that does not read, no more waits than may, whether in one write or in many; states do not count", async () => {
  const { here, there } = await pair();
  there.pause();
  const out = sending(here, 100_000, { bytes: 0, bytesMax: Number.POSITIVE_INFINITY }, () => {});
  expect(out.send(frame("x".repeat(100_001)), 0)).toBe(false);
  const state = frame("x".repeat(20_000_000));
  expect(out.send(state, state.length)).toBe(true);
  let taken = 0;
  while (out.send(frame("x".repeat(1_000)), 0)) taken += 1;
  expect(taken).toBe(99);
});

test("one long state to who reads slowly is seen to go on, piece by piece", async () => {
  const { here, there } = await pair();
  there.pause();
  const out = sending(here, 100_000, { bytes: 0, bytesMax: Number.POSITIVE_INFINITY }, () => {});
  const state = frame("x".repeat(20_000_000));
  out.send(state, state.length);
  await new Promise((tick) => setTimeout(tick, 50));
  const before = out.progress();
  let heard = 0;
  there.on("data", ({ length }) => {
    heard += length;
    there.pause();
    setTimeout(() => there.resume(), 1);
  });
  there.resume();
  await until(() => out.progress() > before + 2);
  expect(heard).toBeLessThan(15_000_000);
});

test("where too much waits for all, only who is behind gets nothing more, and what is given back can be used again", async () => {
  const [one, other] = [await pair(), await pair()];
  one.there.pause();
  const all: Waiting = { bytes: 0, bytesMax: 50_000 };
  const slow = sending(one.here, 1_000_000_000, all, () => {});
  const quick = sending(other.here, 1_000_000_000, all, () => {});
  other.there.resume();
  const state = frame("x".repeat(20_000_000));
  slow.send(state, state.length);
  while (slow.send(frame("x".repeat(1_000)), 0));
  expect(all.bytes).toBeGreaterThan(48_000);
  expect(all.bytes).toBeLessThanOrEqual(50_000);
  expect(quick.send(frame("x".repeat(2_000)), 0)).toBe(true);
  one.here.destroy();
  await until(() => all.bytes === 0);
});
