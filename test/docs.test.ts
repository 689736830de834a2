import { readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../adapters/journal/read.js";
import { logEvents } from "../adapters/observe/log-events.js";
import { configOf } from "../adapters/server/config.js";
import { settingNames } from "../adapters/server/settings.js";
import { envExample, settingsHelp, withTables } from "../adapters/server/settings-text.js";
import type { RefusalCode } from "../core/index.js";
import { anchorOf, codeIn, fencesOf, headingsOf, linksOf, rowsOf } from "./support/markdown.js";
import { peerOf, type Received, serverWith } from "./support/net.js";
import { eachPage, page, pages, read, root, there } from "./support/pages.js";

const [readme, protocol, operating, architecture] = [
  page("README.md"),
  page("docs/PROTOCOL.md"),
  page("docs/OPERATING.md"),
  page("docs/ARCHITECTURE.md"),
];

test("the README is short", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

describe("what the pages point at is there", () => {
  test("every link, and the heading that it names", () => {
    const broken = eachPage((text, path) =>
      linksOf(text)
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = "", anchor] = link.split("#");
          const target = file === "" ? path : normalize(join(dirname(path), file));
          if (!there(target)) return true;
          return anchor !== undefined && !headingsOf(read(target)).map(anchorOf).includes(anchor);
        })
        .map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  test("no two headings of a page have the same anchor", () => {
    for (const [path, text] of pages) {
      const anchors = headingsOf(text).map(anchorOf);
      expect(new Set(anchors).size, path).toBe(anchors.length);
    }
  });

  test("every section that a comment cites", () => {
    const cited = ["core", "adapters", "test", "bench"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(?:tsx?|css|html)$/.test(name) && !name.includes("node_modules"))
        .flatMap((name) =>
          [
            ...read(join(folder, name))
              .replace(/\n\s*(?:\*|\/\/) ?/g, " ")
              .matchAll(/\b([A-Z]{5,})(?:\.md)?, "([^"\n]+)"/g),
          ].map(([, title = "", heading = ""]) => ({ by: join(folder, name), title, heading })),
        ),
    );
    const pageNamed = (title: string): string =>
      [...pages].find(([path]) => path.endsWith(`/${title}.md`) || path === `${title}.md`)?.[1] ?? "";
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter(({ title, heading }) => !headingsOf(pageNamed(title)).includes(heading))).toEqual([]);
  });

  test("every file and folder of the repository", () => {
    const rooms = matrix().map(([room]) => room);
    const named = eachPage((text, path) =>
      [...text.matchAll(/(?<![\w/.-])(?:core|adapters|examples|test|docs|bench|deploy)\/[\w./-]*\w/g)].map(
        ([name]) => ({
          path,
          name,
        }),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    const missing = named.filter(({ name }) => !there(name) && !rooms.includes(name));
    expect(missing.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });
});

/** The import matrix of the tidy rules: the room, and what it may import. */
const matrix = (): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
  const [, source = ""] = /const mayImport\b[^=]*= \{\n([\s\S]*?)\n\};/.exec(read("test/tidy.test.ts")) ?? [];
  return [...source.matchAll(/^ {2}"?([\w/]+)"?: \[([\s\S]*?)\],$/gm)].map(([, room = "", list = ""]) => [
    room,
    [...list.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
  ]);
};

describe("what the pages say of the code is so", () => {
  test("ARCHITECTURE has the import matrix that the tidy rules check", () => {
    const told = rowsOf(architecture, "room", "what it is for", "may import").map(([room = "", , imports = ""]) => [
      codeIn(room)[0],
      codeIn(imports),
    ]);
    expect(told.length).toBeGreaterThan(10);
    expect(told).toEqual(matrix());
  });

  const settings = rowsOf(operating, "variable", "values", "default", "").map(
    ([variable = "", values = "", fallback = ""]) => ({ name: codeIn(variable)[0] ?? "", values, fallback }),
  );

  test("OPERATING names every setting, and no others", () => {
    expect(settings.map(({ name }) => name).sort()).toEqual([...settingNames].sort());
  });

  test.each(settings)("OPERATING has the values and the default of $name", ({ name, values, fallback }) => {
    const refusal = configOf({ [name]: "?" });
    const [, allowed = ""] = (E.isLeft(refusal) && /it must be (.*)\.$/.exec(refusal.left[0]?.text ?? "")) || [];
    const [, least, most] = /^an? [a-z ]+ from (\d+) to (\d+)$/.exec(allowed) ?? [];
    const [, words] = /^one of (.*)$/.exec(allowed) ?? [];
    if (least !== undefined) expect(values).toBe(`${least}–${most}`);
    if (words !== undefined) expect(values).toBe(words.replace(/\w+/g, "`$&`"));
    // Some have none: what counts then depends on something else.
    if ((least === undefined && words === undefined) || fallback === "–") expect(fallback).toBe("–");
    else expect(configOf({ [name]: codeIn(fallback)[0] ?? "no default" })).toEqual(configOf({}));
  });

  test("OPERATING and .env.example are as `npm run docs:settings` makes them", () => {
    expect(withTables(operating)).toBe(operating);
    expect(read(".env.example")).toBe(envExample());
  });

  test("OPERATING has every event of the log, with its level and members", () => {
    const told = rowsOf(operating, "event", "level", "members", "when").map(
      ([event = "", level, members = "", when]) => [
        codeIn(event)[0],
        { level, members: codeIn(members), meaning: when },
      ],
    );
    expect(told).toEqual(Object.entries(logEvents));
  });

  test("On call names what there is: settings, metrics, events of the log, reasons and codes", () => {
    const [, onCall = ""] = operating.split("\n## On call\n");
    const table = rowsOf(onCall, "what is seen", "where to look", "what to do");
    expect(table.length).toBeGreaterThanOrEqual(12);
    const words = codeIn(table.flat().join(" "));
    const metrics = rowsOf(operating, "metric", "type", "labels", "meaning").map(([name = ""]) => codeIn(name)[0]);
    const named = words.flatMap((word) => /^signalbox_\w+/.exec(word) ?? []);
    expect(named.filter((name) => !metrics.includes(name))).toEqual([]);
    const known: ReadonlyArray<string> = [...settingNames, "ICE_SERVERS"];
    expect(words.filter((word) => /^[A-Z]+(?:_[A-Z]+)+$/.test(word) && !known.includes(word))).toEqual([]);
    const codes = [
      ...Object.keys(logEvents),
      ...rowsOf(operating, "reason", "means").map(([reason = ""]) => codeIn(reason)[0]),
      ...rowsOf(page("docs/PROTOCOL.md"), "code", "meaning").map(([code = ""]) => codeIn(code)[0]),
      // Of coturn.
      "static-auth-secret",
    ];
    expect(words.filter((word) => /^[a-z]+(?:-[a-z]+)+$/.test(word) && !codes.includes(word))).toEqual([]);
    expect([named.length, words.length]).toEqual([expect.toSatisfy((n) => n > 10), expect.toSatisfy((n) => n > 60)]);
  });

  test("--help and .env.example name every setting once", () => {
    const flags = [...settingsHelp().matchAll(/^ {2}(--[a-z-]+|[A-Z_]+) {2}/gm)].map(([, name = ""]) =>
      name.startsWith("--") ? name.slice(2).toUpperCase().replaceAll("-", "_") : name,
    );
    const lines = [...envExample().matchAll(/^#([A-Z_]+)=/gm)].map(([, name = ""]) => name);
    expect(flags.sort()).toEqual([...settingNames].sort());
    expect(lines.sort()).toEqual([...settingNames].sort());
  });

  test("PROTOCOL's limits have the defaults of the settings", () => {
    const limits = rowsOf(protocol, "limit", "setting", "default");
    expect(limits.length).toBeGreaterThan(5);
    for (const [limit, setting = "", fallback] of limits)
      expect(fallback, limit).toBe(settings.find(({ name }) => name === codeIn(setting)[0])?.fallback);
  });

  test("PROTOCOL lists every channel and type that recorded dashboards use", () => {
    let channel = "";
    const told = rowsOf(protocol, "channel", "types", "members of `data`", "for").flatMap(([cell = "", types = ""]) => {
      channel = codeIn(cell)[0] ?? channel;
      return codeIn(types).map((type) => `${type} on ${channel}`);
    });
    const folder = join(root, "test/golden/journals");
    const journals = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
    const recorded = journals.flatMap((name) =>
      [...eventsOf([join(folder, name)])].flatMap((event) =>
        event.kind === "PublishRequested" ? [`${event.type} on ${event.channel}`] : [],
      ),
    );
    expect(recorded.length).toBeGreaterThan(100);
    expect(recorded.filter((use) => !told.includes(use))).toEqual([]);
  });

  test("PROTOCOL lists every refusal, and no others", () => {
    const codes: Readonly<Record<RefusalCode, true>> = {
      "invalid-message": true,
      "binary-unsupported": true,
      "no-channel": true,
      "room-not-found": true,
      "room-exists": true,
      "not-allowed": true,
      "too-many-channels": true,
      "too-many-rooms": true,
      "room-full": true,
      "rate-limited": true,
      "room-locked": true,
      "too-many-waiting": true,
      "not-in-room": true,
      "no-such-participant": true,
      gone: true,
      waiting: true,
      denied: true,
      removed: true,
      banned: true,
      stale: true,
      "too-large": true,
      "token-invalid": true,
      "token-expired": true,
      "token-unverifiable": true,
      "already-connected": true,
      unavailable: true,
    };
    expect(rowsOf(protocol, "code", "meaning").map(([code = ""]) => codeIn(code)[0])).toEqual(Object.keys(codes));
  });

  test("/health answers as OPERATING shows, and a room looks as PROTOCOL shows", async () => {
    const server = await serverWith();
    const health = async (): Promise<Received> => (await fetch(`http://127.0.0.1:${server.port}/health`)).json();
    const [shown = { code: "" }] = fencesOf(operating, "json");
    expect(await health()).toEqual(JSON.parse(shown.code));
    const room = JSON.parse(fencesOf(protocol, "json")[1]?.code ?? "");
    const peer = await peerOf(server);
    peer.say({ type: "room-created", ...room });
    peer.say({ type: "user-joined-room", roomId: room.id, userId: room.hostId, userName: room.host });
    await peer.heard();
    expect((await health()).rooms.list).toEqual([{ ...room, createdAt: expect.any(String) }]);
  });
});
