import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/session.js";
import { invariants } from "../../core/index.js";
import { deliveries } from "../support/world.js";

const folder = new URL("./journals/", import.meta.url).pathname;
const names = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));

/** Journals of every version that was ever released, and of every trouble that was ever mended. */
test.each(names)("%s replays as it was recorded", (name) => {
  const outcome = run(openJournal([`${folder}${name}`]), {
    isVerified: true,
    visit: ({ after }) => {
      expect(invariants(after)).toEqual([]);
      return true;
    },
  });
  expect(outcome.divergence).toBeUndefined();
  expect(outcome.digests).toBeGreaterThan(0);
  expect(outcome.events).toBeGreaterThan(0);
  const last = [...openJournal([`${folder}${name}`]).entries].at(-1);
  expect(last, "a digest of everything stands at the end").toMatchObject({ digest: { events: outcome.events } });
});

/** Digests leave the texts out. What a version keeps in its state is its own affair; what clients get is not, on any Node. */
test.each(names)("%s causes the same effects, and every client gets the same texts", async (name) => {
  const hash = createHash("sha256");
  run(openJournal([`${folder}${name}`]), {
    visit: ({ after, effects }) => {
      hash.update(JSON.stringify([effects, [...deliveries(after, effects)]]));
      return true;
    },
  });
  await expect(`${hash.digest("hex")}\n`).toMatchFileSnapshot(`${folder}${name.replace(/ndjson$/, "sha256")}`);
});
