import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { loopDelay } from "../../adapters/observe/loop-delay.js";

const block = (ms: number): void => {
  const ends = performance.now() + ms;
  while (performance.now() < ends);
};

test("a loop that stood still counts for the time that it did, and is remembered for some seconds", async () => {
  const delays: number[] = [];
  const delay = loopDelay((seconds) => delays.push(seconds));
  onTestFinished(delay.stop);
  await sleep(100);
  const before = delays.length;
  expect(before).toBeGreaterThan(1);
  block(400);
  await sleep(30);
  const during = delays.slice(before).filter((seconds) => seconds > 0.1);
  // One timer was late; it stands for those of every 20 ms that could not ring: 380 ms, 360 ms, and so on.
  expect(during.length).toBeGreaterThanOrEqual(13);
  expect(Math.max(...during)).toBeGreaterThanOrEqual(0.37);
  expect(delay.recentMaxMs()).toBeGreaterThanOrEqual(370);
});

test("what is stopped measures no more", async () => {
  const delays: number[] = [];
  loopDelay((seconds) => delays.push(seconds)).stop();
  await sleep(60);
  expect(delays).toEqual([]);
});
