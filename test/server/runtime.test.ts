import { expect, test } from "vitest";
import { runtime } from "../../adapters/server/runtime.js";
import type { ClientId, Event, Millis } from "../../core/index.js";

const event = (n: number): Event => ({ kind: "PingReceived", at: n as Millis, client: 1 as ClientId });

test("what takes long is spread over turns: each event is seen once and in its order, and other work comes in between", async () => {
  const seen: number[] = [];
  const idle: boolean[] = [];
  let between = 0;
  const loop = runtime({
    interpret: () => {},
    observe: ({ at }) => {
      seen.push(at);
      for (const began = performance.now(); performance.now() - began < 4; );
    },
    flush: (_, isIdle) => idle.push(isIdle),
    turned: () => {},
    wakeAt: () => {},
    hold: () => {},
  });
  for (let n = 0; n < 20; n++) loop.dispatch(event(n));
  await new Promise(setImmediate);
  expect(seen.length).toBeLessThan(10);
  expect(loop.queued()).toBe(20 - seen.length);
  // What comes meanwhile is behind what was there.
  loop.dispatch(event(20));
  while (loop.queued() > 0) {
    await new Promise((tick) => setTimeout(tick, 0));
    between += 1;
  }
  await new Promise(setImmediate);
  expect(seen).toEqual(Array.from({ length: 21 }, (_, n) => n));
  expect(between).toBeGreaterThan(2);
  expect(idle.slice(0, -1)).toEqual(idle.slice(0, -1).map(() => false));
  expect(idle.at(-1)).toBe(true);
});
