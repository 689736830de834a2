import { readdirSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openJournal } from "../../adapters/journal/read.js";
import { invariants, replay } from "../../core/index.js";

const folder = new URL("./journals/", import.meta.url).pathname;
const sessions = readdirSync(folder)
  .filter((name) => name.endsWith(".ndjson"))
  .map((name) =>
    [...openJournal([`${folder}${name}`]).entries].flatMap((entry) => (entry.kind === "event" ? [entry.event] : [])),
  );

test("law: whatever part of a recorded session had happened, the invariants would hold", () => {
  const anyPart = fc.constantFrom(...sessions).chain((events) => fc.subarray(events));
  fc.assert(
    fc.property(anyPart, (events) => {
      for (const { after } of replay(events)) expect(invariants(after)).toEqual([]);
    }),
  );
});
