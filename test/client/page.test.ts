import { describe, expect, test } from "vitest";
import { errorCodes } from "../../core/dialect/v1/wire.js";
import { codeIn, fencesOf, proseOf, rowsOf } from "../support/markdown.js";
import { page, read } from "../support/pages.js";

/* docs/CLIENT.md names every member of the library, and none that is not there. */

const client = page("docs/CLIENT.md");

const source = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/** What stands between the braces that follow a declaration. */
const bodyOf = (path: string, declaration: RegExp): string => {
  const text = source(path);
  const start = text.indexOf("{", text.search(declaration)) + 1;
  let depth = 1;
  let end = start;
  for (; depth > 0 && end < text.length; end++) depth += { "{": 1, "}": -1 }[text[end] ?? ""] ?? 0;
  return text.slice(start, end - 1);
};

/** The members of an interface: name and type. */
const membersOf = (path: string, name: string): ReadonlyMap<string, string> => {
  const body = bodyOf(path, new RegExp(`^(?:export )?(?:interface|class) ${name}\\b`, "m"));
  const found = [...body.matchAll(/^ {2}readonly "?([\w-]+)"?\??: ([\s\S]*?);$/gm)];
  if (found.length === 0) throw new Error(`${path} has no ${name}`);
  return new Map(found.map(([, member = "", type = ""]) => [member, type]));
};

const namesOf = (path: string, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) => [...membersOf(path, name).keys()]);

const unionOf = (path: string, name: string): ReadonlyArray<string> => {
  const [, body = ""] = new RegExp(`type ${name} =([^;]*);`).exec(source(path)) ?? [];
  return [...body.matchAll(/"([\w-]+)"/g)].map(([, word = ""]) => word);
};

const sectionOf = (heading: string): string => {
  const [, section] = new RegExp(`^##+ ${heading}\\n([\\s\\S]*?)(?=^##|(?![\\s\\S]))`, "m").exec(client) ?? [];
  if (section === undefined) throw new Error(`CLIENT has no section ${heading}`);
  return section;
};

/** The names in the first column of a section's tables: of `join(room, options?)` it is `join`. */
const toldIn = (heading: string, ...header: ReadonlyArray<string>): ReadonlyArray<string> =>
  rowsOf(sectionOf(heading), ...header).flatMap(([cell = ""]) => codeIn(cell).map((code) => code.replace(/\(.*/, "")));

const [sessions, rooms] = ["adapters/client/session-events.ts", "adapters/client/room-events.ts"];
const listening = namesOf("adapters/client/emitter.ts", "Listening");
const wire = "core/dialect/v1/wire.ts";

const members: ReadonlyArray<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]> = [
  ["Options of connect", toldIn("Options of connect", "option", "without it", ""), namesOf(sessions, "ConnectOptions")],
  ["Session", toldIn("Session", "member", ""), [...namesOf(sessions, "Session"), ...listening]],
  ["Events of a session", toldIn("Events of a session", "event", "with", "when"), namesOf(sessions, "SessionEvents")],
  [
    "Options of join",
    toldIn("Options of join", "option", "without it", ""),
    [...namesOf(sessions, "JoinOptions"), ...namesOf("adapters/client/connections.ts", "JoinOptions")],
  ],
  ["Room creation", toldIn("Room creation", "member", "without it", ""), ["name", "policy"]],
  [
    "the policy",
    toldIn("Room creation", "member of the policy", "default", ""),
    namesOf("core/base/room.ts", "RoomPolicy"),
  ],
  [
    "Room",
    [...toldIn("Room", "member", ""), ...toldIn("Room", "order", "")],
    [...namesOf(rooms, "Room", "Orders"), ...listening],
  ],
  ["Events of a room", toldIn("Events of a room", "event", "with", "when"), namesOf(rooms, "RoomEvents")],
  ["Participant", toldIn("Participant", "member", ""), namesOf("adapters/client/participant.ts", "Participant")],
  ["Knock", toldIn("Knock", "member", ""), namesOf(rooms, "Knock")],
  ["Waiting", toldIn("Waiting", "member", ""), namesOf("adapters/client/door.ts", "Waiting")],
  ["Directory", toldIn("Directory", "member", ""), namesOf(wire, "DirectoryEntry")],
  [
    "Errors",
    toldIn("Errors", "member of an error", ""),
    [...namesOf("adapters/client/error.ts", "SignalboxError"), "name", "code", "message", "cause"],
  ],
  [
    "the codes",
    toldIn("Errors", "code", "what happened", "what to do"),
    [...unionOf("adapters/client/error.ts", "LocalCode"), ...errorCodes],
  ],
  [
    "the reasons",
    toldIn("Why two cannot be connected", "reason", "what happened", "what to do"),
    unionOf("adapters/client/error.ts", "FailureReason"),
  ],
];

describe("docs/CLIENT.md names every member, and no others:", () => {
  test.each(members)("%s", (_section, told, declared) => {
    expect([...told].sort()).toEqual([...declared].sort());
  });

  const words = (...unions: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> =>
    unions.flatMap(([path, name]) => unionOf(path, name));

  test("the values of states, roles, reasons and outcomes", () => {
    const values = [
      ...words(["adapters/client/transport.ts", "SessionState"], ["adapters/client/peer.ts", "ConnectionState"]),
      ...words([rooms, "Ending"], ["core/base/room.ts", "KnockEnd"]),
      ...["host", "cohost", "participant", "here", "away", "gone", "delivered", "kept"],
      ...["promote", "open", "lock", "close"],
    ];
    expect(values.length).toBeGreaterThan(30);
    expect(values.filter((value) => !codeIn(client).includes(value))).toEqual([]);
  });

  const payloads = [
    ...[...membersOf(sessions, "SessionEvents")].map(([event, type]) => ["Events of a session", event, type] as const),
    ...[...membersOf(rooms, "RoomEvents")].map(([event, type]) => ["Events of a room", event, type] as const),
  ];

  test.each(payloads)("%s: what comes with %s", (section, event, type) => {
    const row = rowsOf(sectionOf(section), "event", "with", "when").find(([cell = ""]) => codeIn(cell)[0] === event);
    const inside = [...type.matchAll(/readonly (\w+):/g)].map(([, member = ""]) => member);
    const about = /\bAbout\b/.test(type) ? ["participant"] : [];
    const declared = about.length + inside.length === 0 ? [type] : [...about, ...inside];
    expect(codeIn(row?.[1] ?? "")).toEqual(declared);
  });

  test("everything that is exported", () => {
    const exported = [...source("adapters/client/index.ts").matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
      .flatMap(([, list = ""]) => list.split(","))
      .map((name) => name.trim().replace(/^type |^.* as /, ""));
    const told = rowsOf(sectionOf("Types"), "type", "").flatMap(([cell = ""]) => codeIn(cell));
    expect(told.sort()).toEqual(exported.sort());
  });

  test("what is called in prose and in code", () => {
    const known: Readonly<Record<string, ReadonlyArray<string>>> = {
      session: [...namesOf(sessions, "Session"), ...listening],
      room: [...namesOf(rooms, "Room", "Orders"), ...listening],
      participant: namesOf("adapters/client/participant.ts", "Participant"),
      from: namesOf("adapters/client/participant.ts", "Participant"),
    };
    const [own = ""] = client.split("## The same call with PeerJS");
    const code = [...codeIn(proseOf(own)), ...fencesOf(own, "js", "html").map((fence) => fence.code)].join("\n");
    const uses = [...code.matchAll(/\b(session|room|participant|from)\.(\w+)/g)];
    expect(uses.length).toBeGreaterThan(20);
    expect(uses.filter(([, of = "", member = ""]) => !known[of]?.includes(member)).map(([use]) => use)).toEqual([]);
    const events = new Set([...namesOf(sessions, "SessionEvents"), ...namesOf(rooms, "RoomEvents")]);
    const heard = [...code.matchAll(/\b(?:session|room)\.on\("([\w-]+)"/g)].map(([, event = ""]) => event);
    expect(heard.filter((event) => !events.has(event))).toEqual([]);
  });
});

describe("the code of docs/CLIENT.md", () => {
  test("is the code of the examples", () => {
    expect(fencesOf(client, "html").map(({ code }) => code)).toEqual([
      read("examples/video-call.html"),
      read("examples/video-call.peerjs.html"),
    ]);
  });

  test("is what the README shows of it: its 15 last lines", () => {
    const [{ code } = { code: "" }] = fencesOf(page("README.md"), "html");
    expect(code.trimEnd().split("\n")).toHaveLength(15);
    expect(read("examples/video-call.html")).toContain(`\n\n${code.replace(/^/gm, "  ").trimEnd()}\n</script>`);
  });

  test("has as many lines as the comparison says", () => {
    const lines = ["video-call.html", "video-call.peerjs.html"].map(
      (name) =>
        read(`examples/${name}`)
          .split("\n")
          .filter((line) => line !== "").length,
    );
    const [row = []] = rowsOf(client, "", "Signalbox", "PeerJS");
    expect(row.slice(1)).toEqual(lines.map(String));
  });
});
