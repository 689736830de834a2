import { expect, test } from "vitest";
import { progressBar } from "../../adapters/journal/progress.js";

test("a journal that grows meanwhile is read whole in the end, and a pipe shows nothing", () => {
  const written: string[] = [];
  const bar = progressBar({ isTTY: true, write: (text) => written.push(text) });
  bar.show(100_000, { bytesRead: () => 103, bytes: 100 });
  bar.show(200_000, { bytesRead: () => 103, bytes: 0 });
  expect(written).toEqual([`\r${"█".repeat(30)} 100 %`]);
});

const shownOn = (isTTY: boolean): ReadonlyArray<string> => {
  const written: string[] = [];
  const bar = progressBar({ isTTY, write: (text) => written.push(text) });
  bar.clear();
  for (let n = 1; n <= 250_000; n++) bar.show(n, { bytesRead: () => n, bytes: 300_000 });
  bar.clear();
  bar.clear();
  return written;
};

test("a long journal shows how far it is read, on a terminal only, and leaves nothing behind", () => {
  expect(shownOn(false)).toEqual([]);
  expect(shownOn(true)).toEqual([
    `\r${"█".repeat(10)}${"░".repeat(20)} 33 %`,
    `\r${"█".repeat(20)}${"░".repeat(10)} 67 %`,
    "\r\x1b[K",
  ]);
});
