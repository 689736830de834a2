import * as O from "fp-ts/lib/Option.js";
import { afterEach, expect, test, vi } from "vitest";
import { alarm, now } from "../../adapters/server/clock.js";
import type { Millis } from "../../core/index.js";

afterEach(() => {
  vi.useRealTimers();
});

test("setting the machine's clock does not change the server's time", () => {
  const before = now();
  vi.useFakeTimers({ toFake: ["Date"], now: before + 3_600_000 });
  expect(now() - before).toBeLessThan(1_000);
});

test("a deadline beyond the range of setTimeout does not ring at once, and the alarm can be moved and stopped", async () => {
  let rings = 0;
  const wakeAt = alarm(() => {
    rings += 1;
  });
  wakeAt(O.some((now() + 2 ** 33) as Millis));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rings).toBe(0);
  wakeAt(O.some((now() + 20) as Millis));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(rings).toBe(1);
  wakeAt(O.some((now() + 20) as Millis));
  wakeAt(O.none);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rings).toBe(1);
});
