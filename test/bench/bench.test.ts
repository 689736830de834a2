import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Bar, Spread, Table } from "../../bench/section.js";
import { missingEngine } from "../cluster/nodes.js";

/** What `npm run bench -- --tiny --json` prints. */
interface Told {
  readonly leftOut: ReadonlyArray<string>;
  readonly sections: ReadonlyArray<{
    readonly name: string;
    readonly tables: ReadonlyArray<Table>;
    readonly bars: ReadonlyArray<Bar>;
  }>;
}

const program = new URL("../../dist/bench/main.js", import.meta.url).pathname;

const bench = async (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: (await ended)[0] as number, out, err };
};

const mine = ["Signalbox", "the seed's loop on ws"];
const guests = ["Bun publish", "socket.io"];

describe.runIf(process.platform === "linux")("the benchmark, as small as it gets", () => {
  let told: Told;
  const section = (name: string) => told.sections.find((each) => each.name === name) as Told["sections"][number];
  const present = (...names: ReadonlyArray<string>): ReadonlyArray<string> =>
    names.filter((name) => !told.leftOut.includes(name));
  const names = (table: Table | undefined): ReadonlyArray<string> => (table?.rows ?? []).map(({ name }) => name);

  // That it comes to an end means that every message has arrived: a section throws when one does not. Beside each other: most of
  // the time is spent in waiting.
  beforeAll(async () => {
    const parts = await Promise.all(
      [
        ["fan-out"],
        ["targeted", "v1", "data"],
        ["cluster"],
        ["storm", "churn", "idle", "reduce", "replay", "start"],
      ].map(async (sections) => {
        const { code, out, err } = await bench("--tiny", "--json", ...sections);
        expect(code, err).toBe(0);
        return JSON.parse(out) as Told;
      }),
    );
    told = {
      leftOut: [...new Set(parts.flatMap(({ leftOut }) => leftOut))],
      sections: parts.flatMap(({ sections }) => sections),
    };
  }, 180_000);

  test("answers every question", () => {
    const answered = told.sections.map(({ name }) => name).join(", ");
    expect(answered).toBe("fan-out, targeted, v1, data, cluster, storm, churn, idle, reduce, replay, start");
  });

  test("nobody who could run is left out of a table", () => {
    const everybody = present("Signalbox", "Signalbox, recording", "the seed's loop on ws", ...guests);
    for (const table of section("fan-out").tables) expect(names(table), table.title).toEqual(everybody);
    for (const table of section("targeted").tables)
      expect(names(table), table.title).toEqual(present(...mine, ...guests, "PeerJS server"));
    for (const name of ["storm", "churn"]) expect(names(section(name).tables[0])).toEqual(mine);
    expect(names(section("start").tables[0])).toEqual([...everybody, ...present("PeerJS server")]);
  });

  test("every figure is one", () => {
    for (const { tables, bars } of told.sections) {
      for (const { name, cells } of tables.flatMap(({ rows }) => rows))
        for (const [column, cell] of Object.entries(cells))
          for (const figure of typeof cell === "object" ? Object.values(cell as Spread) : [cell])
            expect(figure, `${name}: ${column}`).toEqual(typeof cell === "string" ? cell : expect.any(Number));
      for (const { what, measured } of bars) expect(measured.median, what).toEqual(expect.any(Number));
    }
  });

  test("what needs no other contender is held to all its bars", () => {
    const counts = ["storm", "churn", "idle", "reduce", "replay", "start"].map((name) => section(name).bars.length);
    expect(counts).toEqual([3, 2, 2, 1, 1, 1]);
  });

  test("in the storm and in the churn all see the same list in the end", () => {
    for (const name of ["storm", "churn"])
      for (const row of section(name).tables[0]?.rows ?? [])
        expect(row.cells["all agree (1: yes)"], row.name).toMatchObject({ median: 1 });
  });

  test.skipIf(missingEngine() !== undefined)("of a cluster, signals cross from node to node", () => {
    const [signals] = section("cluster").tables;
    const rows = signals?.rows.filter(({ name }) => name.endsWith("across")) ?? [];
    expect(rows.length).toBeGreaterThan(1);
    for (const { name, cells } of rows)
      expect((cells["through the engine, B"] as Spread).median, name).toBeGreaterThan(1_024);
  });

  test("what grows is told by size", () => {
    for (const [name, at] of [
      ["fan-out", -1],
      ["targeted", 0],
    ] as const)
      for (const { name: who, cells } of section(name).tables.at(at)?.rows ?? [])
        if (mine.includes(who)) expect(Object.keys(cells).length, who).toBeGreaterThan(1);
  });
});

test.runIf(process.platform === "linux")(
  "a build compared with itself has a figure for each kind of event, and for sockets",
  async () => {
    const { code, out, err } = await bench("--tiny", "--json", "compare", new URL("../..", import.meta.url).pathname);
    expect(code, err).toBe(0);
    const [told] = (JSON.parse(out) as Told).sections;
    expect(told?.tables[0]?.rows).toHaveLength(13);
    expect(told?.bars).toHaveLength(2 + 2 * 13);
    for (const { what, measured } of told?.bars ?? []) expect(measured.median, what).toBeGreaterThan(0);
  },
  60_000,
);

test("a section that does not exist ends the benchmark with the names of those that do", async () => {
  const { code, out, err } = await bench("fanout");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("There is no section fanout.");
  expect(err).toContain("fan-out, targeted, v1, data, cluster, storm");
});
