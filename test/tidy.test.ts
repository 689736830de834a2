import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;

/** The sources below a folder, by path from the top. */
const sources = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !name.includes("node_modules"))
      .map((name) => join(folder, name))
      .map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );

/** What a source imports, types included, statically or not: relative names as paths from the top, others as they are. */
const importsOf = (path: string, source: string): ReadonlyArray<string> =>
  [...source.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*["'`]([^"'`]+)["'`]/g)].map(([, name = ""]) =>
    name.startsWith(".") ? normalize(join(dirname(path), name)).replace(/\.jsx?$/, "") : name,
  );

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

/** What is pure by convention only: the compiler knows these names, because they are part of the language. */
const impure =
  /\bDate\b|\brandom\b|\bIntl\b|\btoLocale|\blocaleCompare\b|\bglobalThis\b|\beval\b|\bFunction\(|\bimport\(|\brequire\(|\bimport\.meta\b|\bperformance\b|\bcrypto\b|\bprocess\b|\bconsole\b|\bsetTimeout\b|\bfetch\b|\bWeakRef\b|\bFinalizationRegistry\b|\bAtomics\b/;
// Of fp-ts the pure part: it has clocks, chance and a console too.
const libraries = [/^fp-ts\/lib\/(?:Either|function|Json|number|Option|Semigroup)\.js$/, /^io-ts$/, /^sorted-btree$/];

const wrongInCore = (path: string, source: string): ReadonlyArray<string> => [
  ...importsOf(path, source)
    .filter((name) => !name.startsWith("core/") && !libraries.some((library) => library.test(name)))
    .map((name) => `${path} imports ${name}`),
  ...withoutComments(source)
    .split("\n")
    .filter((line) => impure.test(line))
    .map((line) => `${path} looks outside: ${line.trim()}`),
];

const wiring = ["adapters/main", "adapters/server", "adapters/runtime", "adapters/replay"];

/** What any adapter may import: it knows nothing of its own. */
const shared = "adapters/plain";

const wrongInAdapter = (path: string, source: string): ReadonlyArray<string> =>
  importsOf(path, source)
    .filter((name) => name.startsWith("core/") || name.startsWith("adapters/"))
    .filter((name) => name !== "core/index" && name !== shared && !wiring.some((file) => path.startsWith(file)))
    .filter((name) => !(path.startsWith("adapters/journal/") && name.startsWith("adapters/journal/")))
    .map((name) => `${path} imports ${name}`);

const concerns = ["client", "channel", "identity", "room", "relay", "server"].map((name) => `core/${name}`);

const wrongInConcern = (path: string, source: string): ReadonlyArray<string> =>
  concerns.includes(path.replace(/\.ts$/, ""))
    ? importsOf(path, source)
        .filter((name) => concerns.includes(name))
        .map((name) => `${path} imports ${name}`)
    : [];

/** The first way round found from a file back to itself. */
const cycleIn = (files: ReadonlyMap<string, string>): string | undefined => {
  const graph = new Map([...files].map(([path, source]) => [path.replace(/\.tsx?$/, ""), importsOf(path, source)]));
  const isDone = new Set<string>();
  const walk = (file: string, trail: ReadonlyArray<string>): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" → ");
    if (isDone.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const cycle = walk(next, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    isDone.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = walk(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
};

const everything = new Map(["core", "adapters", "test", "bench"].flatMap((folder) => [...sources(folder)]));

describe("the wall", () => {
  test("core imports itself, fp-ts, io-ts and the table's library, and looks nowhere else", () => {
    expect([...sources("core")].flatMap(([path, source]) => wrongInCore(path, source))).toEqual([]);
  });

  test("only table.ts knows the table's library", () => {
    const who = [...sources("core")].filter(([path, source]) => importsOf(path, source).includes("sorted-btree"));
    expect(who.map(([path]) => path)).toEqual(["core/table.ts"]);
  });

  test("adapters know the core by its one door, and one another not at all, but for one that knows nobody", () => {
    const adapters = [...sources("adapters")].filter(([path]) => !path.startsWith("adapters/page/"));
    expect(adapters.flatMap(([path, source]) => wrongInAdapter(path, source))).toEqual([]);
    expect(importsOf(shared, readFileSync(join(root, `${shared}.ts`), "utf8"))).toEqual([]);
  });

  test("concerns do not import each other", () => {
    expect([...sources("core")].flatMap(([path, source]) => wrongInConcern(path, source))).toEqual([]);
  });

  test("no two files import each other, by whatever way round", () => {
    expect(cycleIn(everything)).toBeUndefined();
  });

  test("nothing is left over: no TODO, no switched-off check, no test left out", () => {
    const leftOver = /\b(?:TODO|FIXME)\b|@ts-(?:ignore|nocheck|expect-error)|\.(?:skip|only|todo)\(|\bas any\b/;
    const found = [...everything].filter(([path, source]) => path !== "test/tidy.test.ts" && leftOver.test(source));
    expect(found.map(([path]) => path)).toEqual([]);
  });
});

describe("the rules see what they are for", () => {
  test.each([
    "const now = Date.now();",
    "const at = new Date(0);",
    "const id = Math.random();",
    'import { readFileSync } from "node:fs";',
    'import { x } from "../adapters/clock.js";',
    'import type { Socket } from "ws";',
    'const fs = await import("node:fs");',
    "names.sort((a, b) => a.localeCompare(b));",
    "setTimeout(tick, 5);",
    'import { now } from "fp-ts/lib/Date.js";',
    'import { log } from "fp-ts/lib/Console.js";',
    "const { random: luck } = Math;",
  ])("in core: %s", (line) => {
    expect(wrongInCore("core/room.ts", line)).not.toEqual([]);
  });

  test("two files that import each other, as types too", () => {
    const files = {
      "core/a.ts": 'import type { B } from "./b.js";',
      "core/b.ts": 'import { a } from "./c.js";',
      "core/c.ts": 'export * from "./a.js";',
    };
    expect(cycleIn(new Map(Object.entries(files)))).toBe("core/a → core/b → core/c → core/a");
  });

  test("an adapter that goes round the door, and one that knows another", () => {
    expect(wrongInAdapter("adapters/ws.ts", 'import { join } from "../core/room.js";')).toHaveLength(1);
    expect(wrongInAdapter("adapters/ws.ts", 'import { now } from "./clock.js";')).toHaveLength(1);
    expect(wrongInAdapter("adapters/server.ts", 'import { now } from "./clock.js";')).toEqual([]);
  });
});
