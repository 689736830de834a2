import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { factKinds } from "../adapters/history/facts.js";
import { portOf, start } from "./support/child.js";
import {
  start as begun,
  came,
  closed,
  day,
  eventually,
  folder,
  opened,
  rows,
  storeAt,
  webhookSecret,
  went,
} from "./support/history.js";
import { codeIn, fencesOf, rowsOf } from "./support/markdown.js";
import { peerOf } from "./support/net.js";
import { page } from "./support/pages.js";

const text = page("docs/HISTORY.md");
const [before = "", after = ""] = text.split("## Five queries");

/** A file with two days of history. */
const example = (): string => {
  const path = join(folder(), "history.db");
  const store = storeAt(path);
  const now = Date.parse("2026-11-26T09:00:00Z");
  store.begin(now - day);
  store.write([
    opened(now - day, "standup"),
    came(now - day, "ann", 1, "standup"),
    went(now - day + 60_000, "ann", 0, "standup"),
  ]);
  store.write([closed(now - day + 60_000, "standup"), opened(now, "standup"), came(now, "ann", 1, "standup")]);
  store.write([
    came(now + 60_000, "bob", 2, "standup"),
    { at: now, kind: "door.refused", room: "standup", user: "eve", reason: "banned" },
  ]);
  return path;
};

describe("the schema is as the page shows it", () => {
  const tables = before.split(/^(?=`\w+`: )/m).slice(1);

  test("every table and view", () => {
    const there = rows(
      example(),
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
    );
    expect(tables.map((part) => codeIn(part)[0]).sort()).toEqual(there.map(([name]) => name).sort());
  });

  test.each(tables.map((part) => [codeIn(part)[0] ?? "", part] as const))(
    "every column of %s, in order",
    (name, part) => {
      const shown = rowsOf(part, "column", "what it is").flatMap(([columns = ""]) => codeIn(columns));
      expect(shown).toEqual(rows(example(), `SELECT name FROM pragma_table_info('${name}')`).map(([column]) => column));
    },
  );

  test("every kind of fact, and the version", () => {
    const shown = rowsOf(before, "column", "what it is").find(([column]) => column === "`kind`");
    expect(codeIn(shown?.[1] ?? "")).toEqual(factKinds);
    expect(rows(example(), "PRAGMA user_version")).toEqual([[1]]);
    expect(before).toContain("is the version of the schema: 1.");
  });
});

describe("the five queries answer what they are asked", () => {
  const queries = fencesOf(after, "sql").map(({ code }) => code);
  const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;

  test("there are five", () => expect(queries).toHaveLength(5));

  test.each([
    [
      0,
      [
        ["standup", "ann", "ANN", "2026-11-26 09:00:00"],
        ["standup", "bob", "BOB", "2026-11-26 09:01:00"],
      ],
    ],
    [
      1,
      [
        ["ann", "ANN", 0],
        ["bob", "BOB", 0],
      ],
    ],
    [
      3,
      [
        ["standup", "Room standup", 2, null, null],
        ["standup", "Room standup", 1, 1, "empty"],
      ],
    ],
    [4, [["2026-11-25", "left", 1]]],
  ])("query %i", (n, found) => {
    expect(rows(example(), queries[n] ?? "")).toEqual(found);
  });

  test("query 2, which counts back from now", () => {
    const path = join(folder(), "history.db");
    const store = storeAt(path);
    store.begin(begun);
    store.write([opened(minutesAgo(50)), came(minutesAgo(50), "ann"), came(minutesAgo(30), "bob", 2)]);
    store.write([went(minutesAgo(20), "ann", 1), came(minutesAgo(10), "ann", 2)]);
    const found = rows(path, queries[2] ?? "");
    expect(found.map(([user]) => user)).toEqual(["ann", "bob"]);
    // Seconds are cut off, and the query is asked a moment later.
    expect(Math.abs(Number(found[0]?.[1]) - 40)).toBeLessThan(0.5);
  });
});

test("the receiver takes what is genuine, once, and refuses the rest", async () => {
  const [{ code } = { code: "" }] = fencesOf(text, "js");
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(20);
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const path = join(folder(), "receiver.mjs");
  writeFileSync(path, code);
  const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: webhookSecret };
  const receiver = spawn(process.execPath, [path], { env });
  onTestFinished(() => void receiver.kill("SIGKILL"));
  let printed = "";
  receiver.stdout.on("data", (data) => {
    printed += data;
  });
  const url = `http://127.0.0.1:${port}/`;
  const forged = (headers: Record<string, string> = {}): Promise<number> =>
    fetch(url, { method: "POST", body: "{}", headers }).then(
      ({ status }) => status,
      () => 0,
    );
  await eventually(async () => (await forged()) === 401);
  expect(
    await forged({ "webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": `v1,${"A".repeat(43)}ü` }),
  ).toBe(401);

  const history = join(folder(), "history.db");
  const server = await portOf(start({ HISTORY: history, WEBHOOK_URL: url, WEBHOOK_SECRET: webhookSecret }));
  const peer = await peerOf({ port: server });
  peer.say({ type: "room-created", data: { id: "r", name: "R" } });
  peer.say({ type: "user-joined-room", data: { roomId: "r", userId: "ann", userName: "Ann" } });
  await eventually(() => printed.split("\n").length === 3);
  expect(
    printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["room.opened", "participant.joined"]);
  await eventually(() => rows(history, "SELECT 1 FROM deliveries").length === 0);
});
