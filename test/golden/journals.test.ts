import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import { invariants } from "../../core/index.js";

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
