import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { type Outcome, run } from "../../adapters/journal/verify.js";
import { digestVersion, invariants } from "../../core/index.js";

const folder = new URL("./journals/", import.meta.url).pathname;
const names = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));

const verified = (name: string): Outcome =>
  run(openJournal([`${folder}${name}`]), {
    isVerified: true,
    visit: ({ after }) => {
      expect(invariants(after)).toEqual([]);
      return true;
    },
  });

/** Journals of every format that was ever written, and of every trouble that was ever mended; see also frames.test.ts. */
test.each(names)("%s replays to its end, and to its digests where they are of this version", (name) => {
  const outcome = verified(name);
  expect(outcome.divergence).toBeUndefined();
  expect(outcome.digests + outcome.incomparableDigests).toBeGreaterThan(0);
  expect(outcome.events).toBeGreaterThan(0);
  const last = [...openJournal([`${folder}${name}`]).entries].at(-1);
  expect(last, "a digest of everything stands at the end").toMatchObject({ digest: { events: outcome.events } });
});

test("the digests of this version are those of its golden journal: a change of the state's shape raises digestVersion", () => {
  const ofThisVersion = names.filter(
    (name) => openJournal([`${folder}${name}`]).header.digestVersion === digestVersion,
  );
  expect(ofThisVersion.length, "a new version needs a new golden journal").toBeGreaterThan(0);
  for (const name of ofThisVersion) expect(verified(name).digests).toBeGreaterThan(0);
});
