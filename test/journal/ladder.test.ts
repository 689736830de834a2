import { describe, expect, test } from "vitest";
import { html, ladder, mermaid, text, width } from "../../adapters/journal/ladder.js";
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

const session = story(
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
  test("participants across, time down", () => {
    expect(text(ladder(session), 90)).toMatchInlineSnapshot(`
      "                      Ann                Bob                Cy                 dan
      #2     0.250s          ● connected        │                  │                  │
      #3     0.500s          │                  ● connected        │                  │
      #4     0.750s          │                  │                  ● connected        │
      #9     2.000s          ● joined r1        │                  │                  │
      #10    2.250s          ├───webrtc-offer───►──────────────────►─────────────────✗│
      #11    2.500s          │                  ● user-joined-room r2 refused: room-not-found
      #12    2.750s          │                  ● joined r1        │                  │
      #13    3.000s          ├───webrtc-offer───►──────────────────►                  │
      #14    3.250s          ├────webrtc-ice────►──────────────────►                  │
      #15    3.500s          ◄──webrtc-answer───┼──────────────────►                  │
      #16–18 3.750s          ◄──2 × webrtc-ice──┼──────────────────►                  │
      #17    4.000s          ├────webrtc-ice────►──────────────────►                  │
      #20    4.750s          │                  │                  ● joined r3        │
      #21    5.000s          ◄───webrtc-offer───┼──────────────────►                  │
      #22    5.250s          ├─────────────────webrtc-offer to nobody────────────────✗│
      #23    5.500s          │                  ● left r1          │                  │
      #24    5.750s          ● disconnected     │                  │                  │
      #24    5.750s          ● left r1 (disconnected)              │                  │
      "
    `);
  });

  test("in a list, where they do not fit side by side", () => {
    expect(text(ladder(session), 50)).toMatchInlineSnapshot(`
      "#2     0.250s Ann: connected
      #3     0.500s Bob: connected
      #4     0.750s Cy: connected
      #9     2.000s Ann: joined r1
      #10    2.250s Ann → Bob, Cy ✗ dan: webrtc-offer
      #11    2.500s Bob: user-joined-room r2 refused: r…
      #12    2.750s Bob: joined r1
      #13    3.000s Ann → Bob, Cy: webrtc-offer
      #14    3.250s Ann → Bob, Cy: webrtc-ice
      #15    3.500s Bob → Ann, Cy: webrtc-answer
      #16–18 3.750s Bob → Ann, Cy: 2 × webrtc-ice
      #17    4.000s Ann → Bob, Cy: webrtc-ice
      #20    4.750s Cy: joined r3
      #21    5.000s Bob → Ann, Cy: webrtc-offer
      #22    5.250s Ann ✗ dan: webrtc-offer to nobody
      #23    5.500s Bob: left r1
      #24    5.750s Ann: disconnected
      #24    5.750s Ann: left r1 (disconnected)
      "
    `);
  });

  test("of one room, of one user, and of nothing", () => {
    expect(text(ladder(session, { room: "r3" }), 80)).toMatchInlineSnapshot(`
      "                     Cy              Ann             Bob             dan
      #4     0.750s         ● connected     │               │               │
      #10    2.250s         ◄─webrtc-offer──┼───────────────►──────────────✗│
      #13    3.000s         ◄─webrtc-offer──┼───────────────►               │
      #14    3.250s         ◄──webrtc-ice───┼───────────────►               │
      #15    3.500s         ◄─webrtc-answer─◄───────────────┤               │
      #16–18 3.750s         ◄─2 × webrtc-i…─◄───────────────┤               │
      #17    4.000s         ◄──webrtc-ice───┼───────────────►               │
      #20    4.750s         ● joined r3     │               │               │
      #21    5.000s         ◄─webrtc-offer──◄───────────────┤               │
      "
    `);
    expect(text(ladder(session, { user: "Cy" }), 80)).toBe(text(ladder(session, { room: "r3" }), 80));
    expect(text(ladder(session, { user: "nobody" }), 80)).toBe("Nothing was signalled.\n");
    expect(text(ladder([]), 10)).toBe("Nothing w…\n");
  });

  test("never wider than it may be, whatever the names", () => {
    const wide = ["李雷和韩梅梅", "👩‍👩‍👧 family", "e\u0301".repeat(40), "x".repeat(128), "\u202Eevil", "ｆｕｌｌ"];
    const crowd = wide.flatMap((name, i) => {
      const id = (i + 1) as ClientId;
      return [connected(id), subscribed(id, signaling), created(id, `r${i}`), named(id, `r${i}`, `u${i}`, name)];
    });
    const calls = wide.flatMap((_, i) => [
      said((i + 1) as ClientId, "webrtc-offer", `u${i}`, `u${(i + 2) % wide.length}`),
      said((i + 1) as ClientId, `${wide[i]}-ice`, `u${i}`),
    ]);
    for (let people = 1; people <= wide.length; people += 1) {
      const diagram = ladder(story(...crowd.slice(0, 4 * people), ...calls.slice(0, 2 * people)));
      for (let columns = 1; columns <= 160; columns += 3)
        for (const line of text(diagram, columns).split("\n")) expect(width(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe("for Mermaid", () => {
  test("a sequence diagram", () => {
    expect(mermaid(ladder(session, { user: "bob" }))).toMatchInlineSnapshot(`
      "sequenceDiagram
          participant p0 as Bob
          participant p1 as Ann
          participant p2 as Cy
          participant p3 as dan
          Note over p0: #35;3 0.500s connected
          p1->>p0: #35;10 2.250s webrtc-offer
          p1->>p2: #35;10 2.250s webrtc-offer
          p1-xp3: #35;10 2.250s webrtc-offer
          Note over p0: #35;11 2.500s user-joined-room r2 refused#58; room-not-found
          Note over p0: #35;12 2.750s joined r1
          p1->>p0: #35;13 3.000s webrtc-offer
          p1->>p2: #35;13 3.000s webrtc-offer
          p1->>p0: #35;14 3.250s webrtc-ice
          p1->>p2: #35;14 3.250s webrtc-ice
          p0->>p1: #35;15 3.500s webrtc-answer
          p0->>p2: #35;15 3.500s webrtc-answer
          p0->>p1: #35;16–18 3.750s 2 × webrtc-ice
          p0->>p2: #35;16–18 3.750s 2 × webrtc-ice
          p1->>p0: #35;17 4.000s webrtc-ice
          p1->>p2: #35;17 4.000s webrtc-ice
          p0->>p1: #35;21 5.000s webrtc-offer
          p0->>p2: #35;21 5.000s webrtc-offer
          Note over p0: #35;23 5.500s left r1
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
  expect(html(ladder(session)).match(/class="arrow[^"]*" style="[^"]*"><b>webrtc-answer/g)).toHaveLength(2);
});

test("a page needs nothing else, and an empty ladder makes one too", () => {
  for (const page of [html(ladder(session)), html(ladder([]))]) {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:|<link|<script|url\(|src=/);
  }
});

test("no description, candidate or address is ever shown", () => {
  const diagram = ladder(session);
  for (const shown of [JSON.stringify(diagram), text(diagram), mermaid(diagram), html(diagram)])
    expect(shown).not.toMatch(/v=0|ice-pwd|verysecretpassword|203\.0\.113/);
});
