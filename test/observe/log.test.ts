import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, ofListening } from "../../adapters/observe/log.js";
import { logEvents } from "../../adapters/observe/log-events.js";
import { printable } from "../../adapters/observe/printable.js";
import type { Event, State } from "../../core/index.js";
import { read } from "../support/pages.js";
import {
  a,
  b,
  connected,
  created,
  disconnected,
  joined,
  left,
  published,
  started,
  subscribed,
} from "../support/story.js";
import { anyRun, play } from "../support/world.js";

const around = (state: State, hasDebug = true) => ({ state, addressOf: () => "192.0.2.1", hasDebug });

const linesAfter = (...events: ReadonlyArray<object>): ReadonlyArray<string> =>
  play(events.map((event) => ({ at: 0, ...event }) as Event)).flatMap(({ event, effects, after }) =>
    linesOf(event, effects, around(after)).map(({ text }) => text),
  );

test("the seed's sample lines, from events and facts", () => {
  const lines = linesAfter(
    { ...connected(a), client: 123456, address: "192.168.1.100" },
    { ...subscribed(a), client: 123456 },
    { ...created(a, "room_abc123", { name: "Team Meeting" }), client: 123456 },
    { ...joined(a, "room_abc123", "alice"), client: 123456, userName: "Alice" },
    { ...left(a, "nowhere", "alice"), client: 123456 },
    { ...disconnected(a), client: 123456 },
  );
  expect(lines).toEqual([
    "[WebSocket] ✅ Client connected (123456): 192.168.1.100",
    "[Server] 📡 Broadcasting room list: 1 rooms",
    "[RoomRegistry] 🏠 Room created: Team Meeting (room_abc123)",
    "[RoomMessageHandler] 📨 User join request: {room_abc123, alice, Alice}",
    "[Server] 📡 Broadcasting room list: 1 rooms",
    "[RoomRegistry] 👤 Alice in room Team Meeting (1 total)",
    "[RoomRegistry] ❌ room not found: nowhere (room-not-found: user-left-room of client 123456)",
    "[WebSocket] 👋 Client disconnected (123456): code 1005",
    "[Server] 📡 Broadcasting room list: 0 rooms",
    "[RoomRegistry] 🚪 Alice out of room Team Meeting, disconnected (0 total)",
    "[RoomRegistry] 🧹 Room closed: Team Meeting (room_abc123), last participant left",
  ]);
});

test.each([
  [undefined, "http://localhost:3000/", "ws://localhost:3000/ws"],
  ["192.0.2.1", "http://192.0.2.1:3000/", "ws://192.0.2.1:3000/ws"],
  ["::1", "http://[::1]:3000/", "ws://[::1]:3000/ws"],
  ["::", "http://localhost:3000/", "ws://localhost:3000/ws"],
  ["0.0.0.0", "http://localhost:3000/", "ws://localhost:3000/ws"],
])("listening on %s, the log shows URLs that can be opened", (host, page, websocket) => {
  const { text } = ofListening(host, 3_000);
  expect(text).toBe(`[Server] 🚀 Signalbox is at ${page} (WebSockets at ${websocket})`);
  expect([new URL(page).href, new URL(websocket).href]).toEqual([page, websocket]);
});

test("no SDP and no candidates, at any level", () => {
  const sdp = "v=0\r\na=ice-pwd:secret\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ host";
  const lines = linesAfter(
    started(),
    connected(a),
    connected(b),
    subscribed(b, "webrtc-signaling"),
    published(a, sdp, { from: "ann", to: "bob" }),
  );
  expect(lines.join("\n")).not.toMatch(/ice-pwd|candidate|192\.0\.2\.7/);
  expect(lines.at(-1)).toBe(`[Server] 🔁 webrtc-offer on webrtc-signaling, ${sdp.length} characters, from client 1`);
});

test("control, bidirectional and invisible characters that a client sent are escaped", () => {
  expect(printable("a\u001b[31m\n\u202egnp.exe\u2066\u2028\ud800")).toBe(
    "a\\u{1b}[31m\\u{a}\\u{202e}gnp.exe\\u{2066}\\u{2028}\\u{d800}",
  );
  expect(printable("x".repeat(1_000))).toHaveLength(201);
});

test("law: a log line has no line break or control character, whatever names clients choose", () => {
  const anyName = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(anyRun(), anyName, (run, name) => {
      for (const { event, effects, after } of play(run)) {
        const renamed = JSON.parse(JSON.stringify({ event, effects }), (key, value) =>
          typeof value === "string" &&
          [
            "userName",
            "roomName",
            "name",
            "message",
            "address",
            "type",
            "about",
            "roomId",
            "room",
            "user",
            "userId",
            "channel",
          ].includes(key)
            ? name
            : value,
        );
        for (const { text } of linesOf(renamed.event, renamed.effects, around(after)))
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});

test("law: where debug is not wanted, a relay makes no line of it, and all other lines are made", () => {
  let relays = 0;
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, effects, after } of play(run)) {
        const [all, some] = [true, false].map((hasDebug) => linesOf(event, effects, around(after, hasDebug)));
        const isRelay = ({ event: code }: { readonly event: string }): boolean => code === "relayed";
        relays += all?.filter(isRelay).length ?? 0;
        expect(some).toEqual(all?.filter((line) => !isRelay(line)));
      }
    }),
  );
  expect(relays).toBeGreaterThan(10);
});

test("law: each line has the level and the members of its event, whatever happens", () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(anyRun(), (run) => {
      for (const { event, effects, after } of play(run))
        for (const line of linesOf(event, effects, around(after))) {
          met.add(line.event);
          const { level, members } = logEvents[line.event];
          expect([line.level, Object.keys(line.members).sort()]).toEqual([level, [...members].sort()]);
        }
    }),
  );
  expect(met.size).toBeGreaterThan(8);
});

test("every event of the log is written somewhere", () => {
  const sources = ["observe/log.ts", "cli/serve.ts", "server/serve.ts", "server/listening.ts"]
    .map((name) => read(`adapters/${name}`))
    .join();
  expect(Object.keys(logEvents).filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
});
