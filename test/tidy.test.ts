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
  [...source.matchAll(/(?:\b(?:from|import)\s*["']|\b(?:import|require)\(\s*["'`])([^"'`]+)["'`]/g)].map(
    ([, name = ""]) => (name.startsWith(".") ? normalize(join(dirname(path), name)).replace(/\.jsx?$/, "") : name),
  );

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

/** What is pure by convention only: the compiler knows these names, because they are part of the language. */
const impure =
  /\bDate\b|\brandom\b|\bIntl\b|\btoLocale|\blocaleCompare\b|\bglobalThis\b|\beval\b|\bFunction\(|\bimport\(|\brequire\(|\bimport\.meta\b|\bperformance\b|\bcrypto\b|\bprocess\b|\bconsole\b|\bsetTimeout\b|\bfetch\b|\bWeakRef\b|\bFinalizationRegistry\b|\bAtomics\b/;
// Of fp-ts the pure part: it has clocks, chance and a console too.
const libraries = [/^fp-ts\/lib\/(?:Either|function|Json|number|Option|Semigroup)\.js$/, /^io-ts$/];

const wrongInCore = (path: string, source: string): ReadonlyArray<string> => [
  ...importsOf(path, source)
    .filter((name) => !name.startsWith("core/") && !libraries.some((library) => library.test(name)))
    .map((name) => `${path} imports ${name}`),
  ...withoutComments(source)
    .split("\n")
    .filter((line) => impure.test(line))
    .map((line) => `${path} looks outside: ${line.trim()}`),
];

/** The room of a file. The files at the top of core are its model, its reducer and its door. */
const roomOf = (path: string): string => {
  const [first = "", second = "", third = ""] = path.replace(/\.tsx?$/, "").split("/");
  if (
    first === "core" &&
    [
      "state",
      "event",
      "request",
      "entry",
      "effect",
      "fact",
      "written",
      "grants",
      "invariants",
      "replace",
      "message",
      "step",
    ].includes(second)
  )
    return "core/model";
  if (first === "adapters") return second === "page" ? `adapters/page/${third}` : `adapters/${second}`;
  return first === "core" ? `core/${second}` : first;
};

/** Which other rooms each room may import. A room that is not here does not exist. */
const mayImport: Readonly<Record<string, ReadonlyArray<string>>> = {
  "core/base": [],
  "core/model": ["core/base"],
  "core/shared": ["core/base", "core/model"],
  "core/local": ["core/base", "core/model", "core/shared"],
  "core/delivery": ["core/base", "core/model", "core/shared", "core/local"],
  "core/dialect": ["core/base", "core/model", "core/shared"],
  "core/reduce": ["core/base", "core/model", "core/shared", "core/local", "core/delivery"],
  "core/record": ["core/base", "core/model", "core/dialect", "core/reduce"],
  "core/index": [
    "core/base",
    "core/model",
    "core/shared",
    "core/local",
    "core/delivery",
    "core/dialect",
    "core/reduce",
    "core/record",
  ],
  "adapters/sockets": ["core/index", "adapters/auth"],
  "adapters/http": ["core/index"],
  "adapters/auth": ["core/index"],
  "adapters/observe": ["core/index"],
  "adapters/journal": ["core/index"],
  "adapters/history": ["core/index"],
  "adapters/log": ["core/index", "adapters/journal"],
  "adapters/cluster": ["core/index", "adapters/log"],
  "adapters/explain": ["core/index", "adapters/journal", "adapters/observe"],
  "adapters/client": ["core/dialect"],
  "adapters/cli": [
    "core/index",
    "adapters/auth",
    "adapters/journal",
    "adapters/explain",
    "adapters/observe",
    "adapters/cluster",
    "adapters/server",
  ],
  "adapters/server": [
    "core/index",
    "adapters/sockets",
    "adapters/http",
    "adapters/auth",
    "adapters/observe",
    "adapters/journal",
    "adapters/history",
    "adapters/log",
    "adapters/cluster",
  ],
  "adapters/page/wire": [],
  "adapters/page/meet": ["adapters/client", "adapters/page/wire"],
  "adapters/page/console": ["adapters/page/wire"],
  bench: ["core/index", "adapters/journal", "adapters/log"],
};

const wrongInRoom = (path: string, source: string): ReadonlyArray<string> => {
  const room = roomOf(path);
  const allowed = mayImport[room];
  if (allowed === undefined) return [`${path} is in no room`];
  return importsOf(path, source)
    .filter((name) => /^(?:core|adapters|test|bench)\//.test(name))
    .filter((name) => roomOf(name) !== room && !allowed.includes(roomOf(name)))
    .map((name) => `${path} imports ${name}`);
};

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

/** Channels, types and members of the seed's protocol: the dialect knows them, and the pages, which speak it from the other side. */
const wireName =
  /webrtc-dashboard-|webrtc-signaling|\b(?:fromUserId|toUserId|room-created|user-joined-room|user-left-room|room-list-request|server-room-list|client_count)\b/;

const wireNamesIn = (path: string, source: string): ReadonlyArray<string> =>
  /^core\/dialect\/|^adapters\/page\/|^(?:test|bench)\//.test(path)
    ? []
    : source
        .split("\n")
        .filter((line) => wireName.test(line))
        .map((line) => `${path} knows the wire: ${line.trim()}`);

const everything = new Map(["core", "adapters", "test", "bench"].flatMap((folder) => [...sources(folder)]));

describe("the wall", () => {
  test("core imports itself, fp-ts and io-ts, and looks nowhere else", () => {
    expect([...sources("core")].flatMap(([path, source]) => wrongInCore(path, source))).toEqual([]);
  });

  test("each room imports only what the matrix allows it", () => {
    const rooms = [...everything].filter(([path]) => !path.startsWith("test/"));
    expect(rooms.flatMap(([path, source]) => wrongInRoom(path, source))).toEqual([]);
    expect(Object.keys(mayImport).sort()).toEqual([...new Set(rooms.map(([path]) => roomOf(path)))].sort());
  });

  test("no two files import each other, by whatever way round", () => {
    expect(cycleIn(everything)).toBeUndefined();
  });

  test("only dialects and pages know the names of the wire", () => {
    expect([...everything].flatMap(([path, source]) => wireNamesIn(path, source))).toEqual([]);
  });

  test("nothing is left over: no TODO, no switched-off check, no test left out", () => {
    // This line names what it looks for, which is why this file is left out below.
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
    'import { x } from "../adapters/server/clock.js";',
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

  test.each(['channel === "webrtc-dashboard-rooms"', "message.data.toUserId", "/** as `user-joined-room` */"])(
    "outside the dialect: %s",
    (line) => {
      expect(wireNamesIn("core/local/channel.ts", line)).toHaveLength(1);
      expect(wireNamesIn("core/dialect/seed/decode.ts", line)).toEqual([]);
    },
  );

  test("two files that import each other, as types too", () => {
    const files = {
      "core/a.ts": 'import type { B } from "./b.js";',
      "core/b.ts": 'import { a } from "./c.js";',
      "core/c.ts": 'export * from "./a.js";',
    };
    expect(cycleIn(new Map(Object.entries(files)))).toBe("core/a → core/b → core/c → core/a");
  });

  test("a room that imports past its door, upwards, or from another room", () => {
    expect(wrongInRoom("adapters/sockets/ws.ts", 'import { join } from "../../core/shared/room.js";')).toHaveLength(1);
    expect(wrongInRoom("adapters/sockets/ws.ts", 'import { now } from "../server/clock.js";')).toHaveLength(1);
    expect(wrongInRoom("core/shared/room.ts", 'import { learn } from "../local/claims.js";')).toHaveLength(1);
    expect(wrongInRoom("adapters/page/meet/call.ts", 'import { State } from "../../../core/index.js";')).toHaveLength(
      1,
    );
    expect(wrongInRoom("adapters/server/serve.ts", 'import { now } from "./clock.js";')).toEqual([]);
  });
});
