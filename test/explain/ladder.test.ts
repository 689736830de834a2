import { describe, expect, test } from "vitest";
import { html } from "../../adapters/explain/ladder/html.js";
import { mermaid } from "../../adapters/explain/ladder/mermaid.js";
import { text, width } from "../../adapters/explain/ladder/text.js";
import { ladder } from "../../adapters/explain/ladder.js";
import { type ClientId, type Moment, type Recorded, replay } from "../../core/index.js";
import {
  a,
  b,
  c,
  connected,
  created,
  disconnected,
  type given,
  joined,
  later,
  left,
  published,
  signaling,
  started,
  subscribed,
} from "../support/story.js";

/** The stories' facts, told with a type or a name of their own. */
type Fact = Parameters<ReturnType<typeof given>["when"]>[0] & { readonly type?: string; readonly userName?: string };

/** One fact every 250 ms. */
const story = (...facts: ReadonlyArray<Fact>): ReadonlyArray<Moment<Recorded>> => [
  ...replay([started(), ...facts].map((fact, i) => ({ ...fact, at: later(250 * i) }) as Recorded)),
];

const sdp = "v=0\r\na=candidate:1 1 udp 1 203.0.113.9 1 typ host\r\na=ice-pwd:verysecretpassword\r\n";
const said = (client: ClientId, type: string, from: string, to?: string): Fact => ({
  ...published(client, JSON.stringify({ type, data: { offer: { sdp } } }), {
    from,
    ...(to === undefined ? {} : { to }),
  }),
  type,
});
const named = (client: ClientId, room: string, user: string, userName: string): Fact => ({
  ...joined(client, room, user),
  userName,
});

const recording = story(
  connected(a),
  connected(b),
  connected(c),
  subscribed(a, signaling),
  subscribed(b, signaling),
  subscribed(c, signaling),
  created(a, "r1"),
  named(a, "r1", "ann", "Ann"),
  said(a, "webrtc-offer", "ann", "dan"),
  named(b, "r2", "bob", "Bob"),
  named(b, "r1", "bob", "Bob"),
  said(a, "webrtc-offer", "ann", "bob"),
  said(a, "webrtc-ice", "ann", "bob"),
  said(b, "webrtc-answer", "bob", "ann"),
  said(b, "webrtc-ice", "bob", "ann"),
  said(a, "webrtc-ice", "ann", "bob"),
  said(b, "webrtc-ice", "bob", "ann"),
  created(c, "r3"),
  named(c, "r3", "cy", "Cy"),
  said(b, "webrtc-offer", "bob"),
  said(a, "webrtc-offer", "ann", "dan"),
  left(b, "r1", "bob"),
  disconnected(a),
);

describe("in the terminal", () => {
  test("users across, time down", () => {
    expect(text(ladder(recording), 90)).toMatchInlineSnapshot(`
      "                           Ann              Bob              Cy         “dan” (nobody)
      #2  00:00:00 0.250s         ● connected      │                │                │
      #3  00:00:00 0.500s         │                ● connected      │                │
      #4  00:00:00 0.750s         │                │                ● connected      │
      #9  00:00:02 2.000s         ● joined Room r1 │                │                │
      #10 00:00:02 2.250s         ├───────────offer, not to its recipient───────────✗│
      #11 00:00:02 2.500s         │                ● user-joined-room r2 refused: room-not-found
      #12 00:00:02 2.750s         │                ● joined Room r1 │                │
      #13 00:00:03 3.000s         ├─────offer──────►                │                │
      #14 00:00:03 3.250s         ├──────ice───────►                │                │
      #15 00:00:03 3.500s         ◄─────answer─────┤                │                │
      #16 00:00:03 3.750s         ◄──────ice───────┤                │                │
      #17 00:00:04 4.000s         ├──────ice───────►                │                │
      #18 00:00:04 4.250s         ◄──────ice───────┤                │                │
      #20 00:00:04 4.750s         │                │                ● joined Room r3 │
      #21 00:00:05 5.000s         ◄─────offer──────┼────────────────►                │
      #22 00:00:05 5.250s         ├────────────────┼offer to nobody─┼───────────────✗│
      #23 00:00:05 5.500s         │                ● left Room r1   │                │
      #24 00:00:05 5.750s         ● disconnected   │                │                │
      #24 00:00:05 5.750s         ● left Room r1 (disconnected)     │                │
      Not drawn: 8 copies to other sockets (--all).
      "
    `);
  });

  test("in a list, where they do not fit side by side", () => {
    expect(text(ladder(recording), 50)).toMatchInlineSnapshot(`
      "#2  00:00:00 0.250s Ann: connected
      #3  00:00:00 0.500s Bob: connected
      #4  00:00:00 0.750s Cy: connected
      #9  00:00:02 2.000s Ann: joined Room r1
      #10 00:00:02 2.250s Ann ✗ “dan” (nobody): offer, …
      #11 00:00:02 2.500s Bob: user-joined-room r2 refu…
      #12 00:00:02 2.750s Bob: joined Room r1
      #13 00:00:03 3.000s Ann → Bob: offer
      #14 00:00:03 3.250s Ann → Bob: ice
      #15 00:00:03 3.500s Bob → Ann: answer
      #16 00:00:03 3.750s Bob → Ann: ice
      #17 00:00:04 4.000s Ann → Bob: ice
      #18 00:00:04 4.250s Bob → Ann: ice
      #20 00:00:04 4.750s Cy: joined Room r3
      #21 00:00:05 5.000s Bob → Ann, Cy: offer
      #22 00:00:05 5.250s Ann ✗ “dan” (nobody): offer t…
      #23 00:00:05 5.500s Bob: left Room r1
      #24 00:00:05 5.750s Ann: disconnected
      #24 00:00:05 5.750s Ann: left Room r1 (disconnect…
      Not drawn: 8 copies to other sockets (--all).
      "
    `);
  });

  test("of one room, of one user, and of nothing", () => {
    expect(text(ladder(recording, { room: "r3" }), 80)).toMatchInlineSnapshot(`
      "                             Cy                  Bob                 Ann
      #4  00:00:00 0.750s           ● connected         │                   │
      #20 00:00:04 4.750s           ● joined Room r3    │                   │
      #21 00:00:05 5.000s           ◄───────offer───────┼───────────────────►
      "
    `);
    expect(text(ladder(recording, { users: ["Cy"] }), 80)).toBe(text(ladder(recording, { room: "r3" }), 80));
    expect(() => ladder(recording, { users: ["nobody"] })).toThrow(
      "No user in this recording has the id or name “nobody”. Users: Bob (bob), Cy (cy), Ann (ann), dan.",
    );
    expect(() => ladder(recording, { room: "lobby" })).toThrow("No room in this recording has the id or name “lobby”.");
    expect(text(ladder([]), 10)).toBe("Nothing w…\n");
  });

  test("of two, what passed between them and what either did alone", () => {
    expect(text(ladder(recording, { users: ["ann", "BOB"] }), 70)).toMatchInlineSnapshot(`
      "                               Ann                      Bob
      #2  00:00:00 0.250s             ● connected              │
      #3  00:00:00 0.500s             │                        ● connected
      #9  00:00:02 2.000s             ● joined Room r1         │
      #11 00:00:02 2.500s  user-joined-room r2 refused: room-… ●
      #12 00:00:02 2.750s             │         joined Room r1 ●
      #13 00:00:03 3.000s             ├─────────offer──────────►
      #14 00:00:03 3.250s             ├──────────ice───────────►
      #15 00:00:03 3.500s             ◄─────────answer─────────┤
      #16 00:00:03 3.750s             ◄──────────ice───────────┤
      #17 00:00:04 4.000s             ├──────────ice───────────►
      #18 00:00:04 4.250s             ◄──────────ice───────────┤
      #21 00:00:05 5.000s             ◄─────────offer──────────┤
      #23 00:00:05 5.500s             │           left Room r1 ●
      #24 00:00:05 5.750s             ● disconnected           │
      #24 00:00:05 5.750s             ● left Room r1 (disconnected)
      Not drawn: 6 copies to other sockets (--all).
      "
    `);
    expect(text(ladder(recording, { users: ["cy", "dan"] }), 70)).toMatchInlineSnapshot(`
      "                                       Cy
      #4  00:00:00 0.750s                     ● connected
      #20 00:00:04 4.750s                     ● joined Room r3
      "
    `);
  });

  test("of one in one room: both must hold", () => {
    expect(ladder(recording, { room: "r3", users: ["dan"] }).rows.map(({ event }) => event)).toEqual([]);
    expect(ladder(recording, { room: "R1", users: ["Cy"] }).rows.map(({ event }) => event)).toEqual([21]);
  });

  test("with the copies for those who had not said who they are", () => {
    expect(text(ladder(recording, { isAll: true }), 90)).toMatchInlineSnapshot(`
      "                           Ann              Bob              Cy         “dan” (nobody)
      #2  00:00:00 0.250s         ● connected      │                │                │
      #3  00:00:00 0.500s         │                ● connected      │                │
      #4  00:00:00 0.750s         │                │                ● connected      │
      #9  00:00:02 2.000s         ● joined Room r1 │                │                │
      #10 00:00:02 2.250s         ├─offer, not to…─►────────────────►───────────────✗│
      #11 00:00:02 2.500s         │                ● user-joined-room r2 refused: room-not-found
      #12 00:00:02 2.750s         │                ● joined Room r1 │                │
      #13 00:00:03 3.000s         ├─────offer──────►────────────────►                │
      #14 00:00:03 3.250s         ├──────ice───────►────────────────►                │
      #15 00:00:03 3.500s         ◄─────answer─────┼────────────────►                │
      #16 00:00:03 3.750s         ◄──────ice───────┼────────────────►                │
      #17 00:00:04 4.000s         ├──────ice───────►────────────────►                │
      #18 00:00:04 4.250s         ◄──────ice───────┼────────────────►                │
      #20 00:00:04 4.750s         │                │                ● joined Room r3 │
      #21 00:00:05 5.000s         ◄─────offer──────┼────────────────►                │
      #22 00:00:05 5.250s         ├────────────────┼offer to nobody─┼───────────────✗│
      #23 00:00:05 5.500s         │                ● left Room r1   │                │
      #24 00:00:05 5.750s         ● disconnected   │                │                │
      #24 00:00:05 5.750s         ● left Room r1 (disconnected)     │                │
      "
    `);
  });

  test("a row stands for what it counts, and nothing overtakes it", () => {
    const { rows } = ladder(recording, { isAll: true });
    for (const { event, lastEvent, count } of rows) expect(lastEvent - event + 1).toBe(count);
    expect(rows.map(({ event }) => event)).toEqual(rows.map(({ event }) => event).sort((x, y) => x - y));
  });

  test("never wider than it may be, whatever the names", () => {
    const wide = ["李雷和韩梅梅", "👩‍👩‍👧 family", "e\u0301".repeat(40), "x".repeat(128), "\u202Eevil", "ｆｕｌｌ"];
    const group = wide.flatMap((name, i) => {
      const id = (i + 1) as ClientId;
      return [connected(id), subscribed(id, signaling), created(id, `r${i}`), named(id, `r${i}`, `u${i}`, name)];
    });
    const calls = wide.flatMap((_, i) => [
      said((i + 1) as ClientId, "webrtc-offer", `u${i}`, `u${(i + 2) % wide.length}`),
      said((i + 1) as ClientId, `${wide[i]}-ice`, `u${i}`),
    ]);
    for (let people = 1; people <= wide.length; people += 1) {
      const diagram = ladder(story(...group.slice(0, 4 * people), ...calls.slice(0, 2 * people)));
      for (let columns = 1; columns <= 160; columns += 3)
        for (const line of text(diagram, columns).split("\n")) expect(width(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe("for Mermaid", () => {
  test("a sequence diagram", () => {
    expect(mermaid(ladder(recording, { users: ["bob"] }))).toMatchInlineSnapshot(`
      "sequenceDiagram
          participant p0 as Bob
          participant p1 as Ann
          participant p2 as Cy
          Note over p0: #35;3 00#58;00#58;00 0.500s connected
          Note over p0: #35;11 00#58;00#58;02 2.500s user-joined-room r2 refused#58; room-not-found
          Note over p0: #35;12 00#58;00#58;02 2.750s joined Room r1
          p1->>p0: #35;13 00#58;00#58;03 3.000s offer
          p1->>p0: #35;14 00#58;00#58;03 3.250s ice
          p0->>p1: #35;15 00#58;00#58;03 3.500s answer
          p0->>p1: #35;16 00#58;00#58;03 3.750s ice
          p1->>p0: #35;17 00#58;00#58;04 4.000s ice
          p0->>p1: #35;18 00#58;00#58;04 4.250s ice
          p0->>p1: #35;21 00#58;00#58;05 5.000s offer
          p0->>p2: #35;21 00#58;00#58;05 5.000s offer
          Note over p0: #35;23 00#58;00#58;05 5.500s left Room r1
          Note over p0,p2: Not drawn#58; 6 copies to other sockets #40;--all#41;.
      "
    `);
  });

  test("an empty one", () => {
    expect(mermaid(ladder([]))).toBe("sequenceDiagram\n    participant p0 as Nothing was signalled.\n");
  });
});

const hostile = story(
  connected(a),
  created(a, "r1"),
  named(a, "r1", "ann", `</script><img src=x onerror="alert('1')">&;%%end\u202E`),
  connected(b),
  subscribed(b, signaling),
  said(a, `offer\u001b[31m\r\n"><b>;#35`, "ann"),
);

describe("what clients wrote", () => {
  test("is text in a page, and nothing else", () => {
    const page = html(ladder(hostile));
    expect(page).toContain(
      "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;;%%end\\u{202e}",
    );
    expect(page).toContain("offer\\u{1b}[31m\\u{d}\\u{a}&quot;&gt;&lt;b&gt;;#35");
    expect(page).not.toMatch(/<script|<img|<b>;|\u202E/);
  });

  test("is text in a diagram", () => {
    const lines = mermaid(ladder(hostile)).split("\n").slice(1);
    for (const line of lines)
      expect(line).toMatch(
        /^(?: {4}(?:participant p\d as |Note over p\d: |p\d->>p\d: )(?:[^#;<>"'%&\p{Cc}\p{Cf}]|#\d+;)+)?$/u,
      );
    expect(lines.join("\n")).not.toMatch(/\bend\b/);
  });

  test("is text in a terminal", () => {
    expect(text(ladder(hostile), 100)).not.toMatch(/[^\P{C}\n]/u);
  });
});

test("each of several who got a message has an arrow of its own", () => {
  const page = html(ladder(recording, { isAll: true }));
  expect(page.match(/class="arrow[^"]*" style="[^"]*"><b>answer/g)).toHaveLength(2);
});

test("a page needs nothing else, and an empty ladder makes one too", () => {
  for (const page of [html(ladder(recording)), html(ladder([]))]) {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:|<link|<script|url\(|src=/);
  }
});

test("no description, candidate or address is ever shown", () => {
  const diagram = ladder(recording);
  for (const shown of [JSON.stringify(diagram), text(diagram), mermaid(diagram), html(diagram)])
    expect(shown).not.toMatch(/v=0|ice-pwd|verysecretpassword|203\.0\.113/);
});
