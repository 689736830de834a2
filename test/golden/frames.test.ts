import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { defaultSettings } from "../../core/index.js";
import { session } from "./dashboard-session.js";
import { framesOf, generatedRun, listener, type Turn } from "./frames.js";

/*
 * What every later version must send: for each run below, the hash of the frames that each client got, byte for byte and in order.
 * The internal effects may change; these may not.
 */

const folder = new URL("./journals/", import.meta.url).pathname;
const journals = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));

test.each(journals)("%s: every client is sent the same frames", async (name) => {
  const heard = listener();
  for (const entry of openJournal([`${folder}${name}`]).entries) {
    if (entry.kind !== "event") continue;
    heard.happen(entry.event);
    heard.endTurn();
  }
  expect(heard.frames()).toBeGreaterThan(0);
  await expect(`${heard.hash()}\n`).toMatchFileSnapshot(`${folder}${name.replace(/ndjson$/, "frames.sha256")}`);
});

test("the recorded dashboard session: every client is sent the same frames", async () => {
  const open = new Set<number>();
  const turns = session.map(({ at, socket, sent }): Turn => {
    const isNew = !open.has(socket);
    open.add(socket);
    return {
      at,
      actions: [
        ...(isNew ? [{ kind: "connect" as const, client: socket }] : []),
        ...(sent === undefined ? [] : [{ kind: "text" as const, client: socket, text: sent }]),
      ],
    };
  });
  const settings = { ...defaultSettings, delivery: "broadcast", roomEvents: "relay" } as const;
  const { hash, frames } = framesOf(settings, turns);
  expect(frames).toBeGreaterThan(30);
  await expect(`${hash}\n`).toMatchFileSnapshot(new URL("./dashboard-session.frames.sha256", import.meta.url).pathname);
});

test("500 generated runs: every client is sent the same frames", async () => {
  let all = 0;
  const lines = Array.from({ length: 500 }, (_, seed) => {
    const { settings, turns } = generatedRun(seed);
    const { hash, frames } = framesOf(settings, turns);
    all += frames;
    return `${seed} ${hash}\n`;
  });
  expect(all, "the runs have something to say").toBeGreaterThan(30_000);
  await expect(lines.join("")).toMatchFileSnapshot(new URL("./generated-runs.sha256", import.meta.url).pathname);
});
