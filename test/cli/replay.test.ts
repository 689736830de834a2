import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { differences, type OtherCore } from "../../adapters/explain/difference.js";
import { shrink, symptomOf } from "../../adapters/explain/shrink.js";
import { effectsDigest, stateDigest } from "../../adapters/journal/digest.js";
import { openJournal } from "../../adapters/journal/read.js";
import { run } from "../../adapters/journal/verify.js";
import { journalOf, textOf } from "../../adapters/journal/write.js";
import { type Digest, initial, type Recorded, reduce, replay } from "../../core/index.js";
import { mixed, timed } from "../explain/two-rooms.js";
import { anyRun } from "../support/world.js";

const top = new URL("../../", import.meta.url).pathname;
const golden = `${top}test/golden/journals/dashboard-0.1.0.ndjson`;

const command = (
  ...args: ReadonlyArray<string>
): { readonly status: number | null; readonly out: string; readonly err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${top}dist/main.js`, "replay", ...args], {
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
};

const temporary = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
};

const recorded = readFileSync(golden, "utf8");
const ofToday = golden.replace("dashboard-0.1.0", "dashboard-format-3");
const { header } = openJournal([ofToday]);
const { entries } = openJournal([golden]);
const events: ReadonlyArray<Recorded> = [...entries].flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
const published = events.find((event) => event.kind === "PublishRequested");

describe("the command", () => {
  test("tells what happened, in figures", () => {
    const { status, out } = command(golden);
    expect(status).toBe(0);
    expect(out).toMatch(
      /^recorded by Signalbox 0\.1\.0, payloads redacted; set otherwise than by default: roomEvents relay, delivery broadcast, stateSpacingMs 0, messagesPerSecond 0, messageBurst 200, refusedBurst 0, sayPerSecond 0\n43 events in \d+\.\d s, from 2026-/,
    );
    expect(out).toContain("clients (sockets): 8 connected, 8 at once at most, 0 in the end");
    expect(out).toContain("rooms: 1 opened, 1 at once at most, 0 in the end");
    expect(out).toMatch(
      /^over time, 128 ms a column, each row up to its own most:\n {2}clients ······▂▅▇████·+\n {2}rooms {3}········█████·+$/m,
    );
    expect(out).toContain("nothing looks wrong");
  });

  test("tells machines the same", () => {
    const { out } = command(golden, "--json");
    expect(JSON.parse(out)).toMatchObject({
      events: 43,
      clients: { connected: 8, mostAtOnce: 8, atEnd: 0 },
      rooms: { opened: 1 },
      digest: expect.stringMatching(/^[\da-f]{64}$/),
      divergence: null,
    });
  });

  test("verifies, and ends with 1 where the replay differs", () => {
    expect(command(ofToday, "--verify").out).toMatch(/the replay matches the recording: its digest is the same$/m);
    const other = temporary("other.ndjson");
    writeFileSync(other, readFileSync(ofToday, "utf8").replace('"userName":"Bob"', '"userName":"Eve"'));
    const { status, out } = command(other, "--verify");
    expect(status).toBe(1);
    expect(out).toMatch(
      /^the replay differs: the effects after event #\d+ are not what was recorded, and after #0 they still were$/m,
    );
  });

  test("verifies no digests that another version made, and says so", () => {
    const { status, out } = command(golden, "--verify");
    expect(status).toBe(0);
    expect(out).toMatch(/^every event was replayed; the digests were made by a version that counts other things/m);
    const json = (file: string): unknown => JSON.parse(command(file, "--verify", "--json").out).digests;
    expect(json(golden)).toEqual({ compared: 0, incomparable: 1 });
    expect(json(ofToday)).toEqual({ compared: 1, incomparable: 0 });
    const { err } = command(golden, "--shrink", "digest", "--to", temporary("x"));
    expect(err).toMatch(/^every event was replayed; the digests were made by/);
  });

  test("shows a moment by number and by time, to people and to machines", () => {
    const { out } = command(golden, "--at", "24");
    expect(out).toMatch(/^after event #24 /);
    expect(out).toMatch(
      /room room_cpq5bihb5_1795397465798 “Demo”, host Alice \(user_anm5pw7kd_1795397460122\)\n {2}user_anm5pw7kd_1795397460122 “Alice”, held by socket 1/,
    );
    expect(out).toContain("channel webrtc-signaling: sockets 7, 8");
    const at = new Date(events[23]?.at ?? 0).toISOString();
    expect(command(golden, "--at", at, "--json").out).toContain('"rooms":[{"id":"room_cpq5bihb5_1795397465798"');
    expect(command(golden, "--at", "yesterday").err).toContain(
      '--at is "yesterday": it must be the number of an event, a time of day (05:06:10), or an ISO time.',
    );
    expect(command(golden, "--at", at.slice(11, 23)).out).toBe(out);
    expect(command(golden, "--at", "03:50").err).toContain(
      "nothing had happened yet at 03:50: the recording begins at 2026-",
    );
    expect(out).toContain("socket 2 has named no user");
    expect(out).toContain("socket 1 acts for Alice (user_anm5pw7kd_1795397460122)");
  });

  test("shows what an event caused, and who got it", () => {
    const offer = 1 + events.findIndex((event) => event.kind === "PublishRequested" && event.type === "webrtc-offer");
    const { out } = command(golden, "--effects", String(offer));
    const [alice, bob] = ["Alice (user_anm5pw7kd_1795397460122)", "Bob (user_ylw8ynfuy_1795397463650)"];
    expect(out.split("\n")).toEqual([
      expect.stringMatching(
        new RegExp(`^#${offer} PublishRequested on webrtc-signaling by socket 7 of Alice \\(\\w+\\) at 2026-`),
      ),
      `  webrtc-offer of ${alice} for ${bob}: sent to socket 8, later known as ${bob}`,
      "",
    ]);
    expect(command(golden, "--effects", `${offer}-${offer + 2}`).out.match(/^#\d+/gm)).toHaveLength(3);
    expect(command(golden, "--effects", "9999").err).toContain("the recording has no event #9999: it has 43");
  });

  test("says why, draws the ladder, and writes it for others to read", () => {
    const { out } = command("--why", "Alice", "Bob", golden);
    expect(out).toMatch(/^Signalling was complete\. Whether ICE then connected the two is not in the recording\./);
    expect(out).toMatch(/\nAttempt 1, #25 \(03:51:\d\d\) by Alice: Bob answered at #28 \(/);
    expect(out).toContain("\nNext: if the call did not connect, ");
    expect(command(golden, "--why", "Alice", "Bob").out).toBe(out);
    const alike = command(golden, "--why", "alice", "Bob (user_ylw8ynfuy_1795397463650)").out;
    const seeAlso = /See for yourself: --ladder --user Alice --user Bob, --effects 25-29\n$/;
    expect(out).toMatch(seeAlso);
    expect(alike.replace(/See .*\n$/, "")).toBe(out.replace(seeAlso, ""));
    expect(command(golden, "--why", "Alice", "Bob", "--ladder").out).toMatch(
      /^Signalling was complete[\s\S]* Alice +Bob\n/,
    );
    const { findings } = JSON.parse(command(golden, "--why", "Alice", "Bob", "--json").out);
    const sentences = findings.map(({ sentence }: { readonly sentence: string }) => `${sentence}\n`);
    expect(sentences.join("")).toBe(out.replace(seeAlso, ""));
    for (const args of [
      [golden, "--why", "Alice"],
      ["--why", "Alice", golden],
    ])
      expect(command(...args).out).toMatch(/^Alice \(\w+\):\nwith Bob \(\w+\): Attempt 1, #25 /);
    expect(command(golden, "--ladder").out).toMatch(/Alice +Bob/);
    expect(command(golden, "--ladder", "--user", "Bob", "--room", "Demo").out).toContain("─offer─");
    expect(command(golden, "--ladder", "--user", "Bob", "--user", "Alice").out).toContain("─answer─");
    expect(command(golden, "--mermaid").out).toMatch(/^sequenceDiagram\n/);
    expect(command(golden, "--html").out).toMatch(/^<!doctype html>/i);
  });

  test("says why of what happened in real browsers: an answer to an id that nobody had any more", () => {
    const old = `${top}test/golden/journals/answers-to-an-old-id.ndjson`;
    const { out } = command(old, "--why", "Ann", "Bob");
    expect(out).toMatch(
      /^Bob \(h-kc1y4cp\) answered an old id of Ann \(h-zwmxbct\): the answers #18 \(05:05:00\), #22 \(05:05:10\) went to h-1s23815,/,
    );
    const findings = (text: string): string => text.replace(/See for yourself: .*\n$/, "");
    for (const word of ["h-1s23815", "h-zwmxbct", "ann"])
      expect(findings(command(old, "--why", word, "bob").out)).toBe(findings(out));
    expect(command(old).out).toContain("2 × webrtc-answer (#18, #22); ask --why h-kc1y4cp h-1s23815");
    expect(command(old, "--people").out).toMatch(/16 \(192\.0\.2\.\d+, .*\) \(was h-1s23815 before\)/);
  });

  test("says why of what happened in real browsers: answers to a name, and from two windows of one user", () => {
    const toName = command(`${top}test/golden/journals/answers-to-a-name.ndjson`, "--why", "tobias", "priya");
    expect(toName.out).toMatch(
      /^Priya Raman \(d8e3b0a9-[\w-]+\) answered “Tobias Lindgren”, which is the name of Tobias Lindgren \(2fe52e33-[\w-]+\), not an id: the answers #70 \(08:55:32\), #99 \(08:55:58\) reached nobody\.\nNext: for now, let Priya Raman call instead\. To fix it, Priya Raman's page must/,
    );
    const twice = command(`${top}test/golden/journals/answers-from-two-windows.ndjson`, "--why", "henrik", "beatriz");
    expect(twice.out).toMatch(
      /^Beatriz Santos \(\w+\) had several sockets open \(2 since #9 [\s\S]*\nNext: for now, let Beatriz Santos close all windows but one/,
    );
  });

  test("gives findings to programs as codes with members, beside the sentence", () => {
    const journal = `${top}test/golden/journals/answers-to-a-name.ndjson`;
    const { findings } = JSON.parse(command(journal, "--why", "tobias", "priya", "--json").out);
    expect(findings[0]).toMatchObject({
      code: "answered-name",
      events: [70, 99],
      answers: [{ event: 70 }, { event: 99 }],
      sender: { name: "Priya Raman" },
      receiver: { name: "Tobias Lindgren" },
      to: "Tobias Lindgren",
      sentence: expect.stringContaining("answered “Tobias Lindgren”"),
    });
    expect(findings[1]).toMatchObject({ code: "next", advice: { code: "call-the-other-way" } });
  });

  test("tells machines of clients of both protocols in two rooms, and of one room", () => {
    const journal = temporary("two-rooms.ndjson");
    writeFileSync(journal, journalOf(header, timed(mixed)));
    const figures = JSON.parse(command(journal, "--json").out);
    expect(figures).toMatchObject({
      sessions: { away: 0, stale: 0 },
      doors: { knocks: 0, banned: 0, roles: 0 },
      warnings: [
        {
          code: "unaddressed",
          from: { id: "dan", name: "Dan" },
          channel: "webrtc-signaling",
          types: [{ type: "webrtc-offer", events: [16] }],
        },
        { code: "unanswered", from: { id: "ann" }, to: { id: "bob" }, offers: [{ event: 11 }] },
      ],
    });
    const codesIn = (...args: ReadonlyArray<string>): ReadonlyArray<string> =>
      JSON.parse(command(journal, "--why", "Ann", "Bob", "--json", ...args).out).findings.map(
        ({ code }: { readonly code: string }) => code,
      );
    expect(codesIn().filter((code) => code === "room")).toHaveLength(2);
    expect(codesIn("--room", "lunch")[0]).toBe("no-answer");
    expect(codesIn("--room", "standup")[0]).toBe("signalling-complete");
    const drawn = command(journal, "--why", "Ann", "Bob", "--room", "standup", "--ladder").out;
    expect(drawn).toContain("answer");
    expect(drawn).not.toContain("lunch");
    expect(command(journal, "--why", "Ann", "Bob", "--room", "attic").err).toContain("No room in this recording");
  });

  test("says why of what happened in real browsers: a network that went, and a caller who did not call again", () => {
    const { out } = command(`${top}test/golden/journals/a-call-into-a-gap.ndjson`, "--why", "samuel", "ingrid");
    expect(out).toContain("Look at Ingrid Solberg's machine and network from about 08:58:14 to #73 (08:58:22)");
    expect(out).toContain(
      "Samuel Nkemelu did not offer again, though it stayed until #117 (08:59:08), for 50.4 s; Ingrid Solberg left the room list at #73 (08:58:22) and was back at #100 (08:58:40).\n",
    );
  });

  test("reads what can be read only once, too", () => {
    const piped = (question: string): string =>
      spawnSync("sh", ["-c", `cat ${golden} | ${process.execPath} ${top}dist/main.js replay /dev/stdin ${question}`], {
        encoding: "utf8",
      }).stdout;
    for (const question of ["--at 30", "--at 03:51:17", "--effects 25", "--people", "--why Alice Bob --ladder"])
      expect(piped(question)).toBe(command(golden, ...question.split(" ")).out);
  });

  test("says what a journal lacks: its events, or the end of its last line", () => {
    const [first = ""] = recorded.split("\n");
    const [empty, torn] = [temporary("empty.ndjson"), temporary("torn.ndjson")];
    writeFileSync(empty, `${first}\n`);
    writeFileSync(torn, recorded.slice(0, -10));
    expect(command(empty).out).toMatch(/^recorded by Signalbox .*\nit holds no events\n$/);
    expect(command(empty, "--at", "3").err).toContain("nothing had happened yet at 3: the recording holds no events");
    expect(command(torn).out).toMatch(/the last line was cut short after \d+ bytes, and is left out\n/);
    expect(command(torn, "--people").err).toMatch(/^the last line was cut short after \d+ bytes, and is left out\n$/);
  });

  test("is a program of its own, and tells how to use it", () => {
    const help = command("--help");
    expect(help).toMatchObject({ status: 0, err: "" });
    expect(help.out).toContain("Usage:");
    expect(readFileSync(`${top}dist/main.js`, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("tells who was there", () => {
    const { out } = command(golden, "--people");
    expect(out).toMatch(
      /\n {2}Alice +user_anm5pw7kd_1795397460122 +03:51:\d\d–03:51:\d\d +Demo +1 \(192\.0\.2\.\d+, 03:51:\d\d–03:51:\d\d\), 7 \(/,
    );
    expect(out).toMatch(/\n {2}Demo +room_cpq5bihb5_1795397465798 +03:51:\d\d–03:51:\d\d +host Alice /);
    expect(out).toContain("sockets that never named a user: 2, 3, 5, 6");
  });

  test("compares with another build, and is told where there is none", () => {
    expect(command(golden, "--diff", top).out).toContain("the other build causes the same effects, event by event");
    expect(command(golden, "--diff", "/nowhere").err).toContain("/nowhere holds no other build");
  });

  test("shrinks a recording to what shows the trouble, as a journal that replays", () => {
    const long = temporary("long.ndjson");
    const stray = { ...published, channel: "empty", to: "nobody" } as Recorded;
    writeFileSync(long, journalOf(header, [...events.slice(0, 30), stray, ...events.slice(30)]));
    const small = temporary("small.ndjson");
    expect(command(long, "--shrink", "unheard:nobody", "--to", small).out).toContain("44 events shrank to 3,");
    expect(command(small, "--verify").status).toBe(0);
    expect(command(small, "--verify").out).toContain("messages to nobody did not reach");
    expect(command(long, "--shrink", "refused:room-full", "--to", temporary("x")).err).toContain(
      "no event of this recording shows refused:room-full",
    );
    for (const what of ["everything", "unheard", "differs:", "invariant:no-residue", "digest:1"])
      expect(command(long, "--shrink", what, "--to", temporary("x")).err).toContain(
        `--shrink is "${what}": it must be one of invariant, refused, refused:CODE, unheard:USER, unheard:A>USER,`,
      );
    expect(command(long, "--shrink", "refused").err).toContain("--shrink needs --to FILE");
  });

  test("shrinks to a message that one sent to another", () => {
    const long = temporary("long.ndjson");
    const strays = ["ann", "cy"].map(
      (from) => ({ ...published, type: "webrtc-offer", channel: "empty", from, to: "bob" }) as Recorded,
    );
    writeFileSync(long, journalOf(header, [...events.slice(0, 30), ...strays, ...events.slice(30)]));
    const small = temporary("small.ndjson");
    expect(command(long, "--shrink", "unheard:cy>bob", "--to", small).out).toContain("45 events shrank to 3,");
    expect(JSON.parse(command(small, "--json").out).warnings).toContainEqual({
      code: "unheard",
      from: { id: "cy", name: "cy" },
      to: { id: "bob", name: "bob" },
      types: [{ type: "webrtc-offer", events: [3] }],
      sentence: "messages from cy to bob did not reach their recipient: 1 × webrtc-offer (#3); ask --why cy bob",
    });
    expect(command(long, "--shrink", "unheard:bob>cy", "--to", temporary("x")).err).toContain(
      "no event of this recording shows unheard:bob>cy",
    );
  });

  test("shrinks to what another build does otherwise", () => {
    const other = temporary("core.js");
    writeFileSync(
      other,
      `import { initial, reduce as sound } from ${JSON.stringify(`${top}dist/core.js`)};
      export { initial };
      const isTaken = (state) => state.shared.holders.size > 0;
      export const reduce = (state, event) =>
        event.kind === "JoinRequested" && isTaken(state) ? [state, []] : sound(state, event);`,
    );
    const small = temporary("small.ndjson");
    expect(command(golden, "--shrink", `differs:${other}`, "--to", small).out).toMatch(/^43 events shrank to 6, /);
    expect(command(small, "--diff", other).out).toMatch(
      /^the first 1 events whose effects differ:\n#6 JoinRequested\n/,
    );
    expect(command(golden, "--shrink", `differs:${top}`, "--to", temporary("x")).err).toContain(
      "no event of this recording",
    );
    expect(command(golden, "--shrink", "differs:/nowhere", "--to", temporary("x")).err).toContain(
      "/nowhere holds no other build",
    );
  });

  test("cuts after the first digest that the replay does not come to", () => {
    const effects = effectsDigest();
    const lines = [...replay(events)].flatMap(({ n, event, after, effects: caused }): Array<Recorded | Digest> => {
      effects.add(caused);
      if (n % 10 > 0) return [event];
      return [event, { digest: { events: n, state: stateDigest(after), effects: effects.take() } }];
    });
    const other = temporary("other.ndjson");
    const joined = 1 + events.findIndex((event) => event.kind === "JoinRequested" && event.userName === "Bob");
    const text = textOf(header, lines);
    writeFileSync(other, text.replace('"userName":"Bob"', '"userName":"Eve"'));
    const small = temporary("small.ndjson");
    const end = Math.ceil(joined / 10) * 10;
    expect(command(other, "--shrink", "digest", "--to", small).out).toContain(
      `cut after event #${end}, whose digest is the first that the replay does not come to: ${small}`,
    );
    expect(JSON.parse(command(small, "--verify", "--json").out)).toMatchObject({
      events: end,
      divergence: { event: end, since: end - 10 },
    });
    const { status, err } = command(ofToday, "--shrink", "digest", "--to", temporary("x"));
    expect([status, err]).toEqual([1, "no recorded digest differs from the replay\n"]);
  });

  test.each([
    [[], 2, "Usage:"],
    [["/nowhere.ndjson"], 2, "/nowhere.ndjson cannot be read"],
    [[`${top}package.json`], 2, "is not a header that this build reads"],
    [[golden, "--effects", "9-3"], 2, '--effects is "9-3": it must be the number of an event, from 1, or two of them'],
    [[golden, "--effects", "x"], 2, '--effects is "x": it must be the number of an event, from 1, or two of them'],
    [[golden, "--nonsense"], 2, "There is no option --nonsense.\n\nUsage:"],
    [[golden, "--at"], 2, "--at is not given as it should be.\n\nUsage:"],
    [
      [golden, "--ladder", "--room", "Dem"],
      2,
      "No room in this recording has the id or name “Dem”. Rooms: Demo (room_",
    ],
    [[golden, "--ladder", "--user", "Bop"], 2, "No user in this recording has the id or name “Bop”. Users: Bob ("],
    [[golden, "--why", "Alice", "alice"], 2, "Both names belong to the same user"],
    [[golden, "--why", "Alice", "Bob", "--html"], 2, "--html does not go together with --why: see --help."],
    [
      [golden, "--room", "Demo"],
      2,
      "--room does not go together with the figures; it goes with --why, --mermaid, --html, --ladder",
    ],
    [[golden, "--people", "--json"], 2, "--json does not go together with --people; it goes with --why, --at"],
    [[golden, "--ladder", "--user", "a", "--user", "b", "--user", "c"], 2, "--user may be given once, or twice"],
    [[golden, "--why", "Alice", "--ladder"], 2, "--why with --ladder needs two people"],
  ])("%j ends with %i and says why", (args, code, line) => {
    const { status, err } = command(...args);
    expect(status).toBe(code);
    expect(err).toContain(line);
  });
});

describe("as a library", () => {
  test("law: replay tells the same moments as reducing by hand", () => {
    fc.assert(
      fc.property(anyRun(), (recording) => {
        const moments = [...replay(recording)];
        expect(moments.map(({ n }) => n)).toEqual(recording.map((_, i) => i + 1));
        let state = initial;
        for (const [i, event] of recording.entries()) {
          const [after, effects] = reduce(state, event);
          expect(moments[i]?.effects).toEqual(effects);
          state = after;
        }
        expect(moments.at(-1)?.after.shared.nextSeq).toBe(state.shared.nextSeq);
      }),
      { numRuns: 50 },
    );
  });

  test("law: what is written as a journal is read as the same events, and replays to its digests", () => {
    const path = temporary("any.ndjson");
    fc.assert(
      fc.property(anyRun(), (recording) => {
        writeFileSync(path, journalOf(header, recording));
        const outcome = run(openJournal([path]), { isVerified: true });
        expect([outcome.events, outcome.divergence, outcome.digests]).toEqual([recording.length, undefined, 1]);
      }),
      { numRuns: 50 },
    );
  });

  test("law: a shrunk recording shows the symptom, and not one event can be spared", async () => {
    const symptom = await symptomOf("refused");
    if (symptom === undefined) throw new Error("refused is a symptom");
    const isShown = (recording: ReadonlyArray<Recorded>): boolean => symptom(recording) !== undefined;
    fc.assert(
      fc.property(anyRun(), (recording) => {
        const small = shrink(recording, symptom);
        expect(small !== undefined).toBe(isShown(recording));
        if (small === undefined) return;
        expect(isShown(small)).toBe(true);
        for (let i = 1; i < small.length; i++) expect(isShown(small.filter((_, j) => j !== i))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test("another build that decides otherwise is found at the first event where it does", () => {
    const other: OtherCore = {
      initial,
      reduce: (state, event) => (event.kind === "CreateRequested" ? [state, []] : reduce(state, event)),
    };
    const created = 1 + events.findIndex(({ kind }) => kind === "CreateRequested");
    expect(differences(events, other, 5)[0]).toMatchObject({ event: created, kind: "CreateRequested", there: [] });
    expect(differences(events, { initial, reduce }, 5)).toEqual([]);
  });
});
