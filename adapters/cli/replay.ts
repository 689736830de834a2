#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { digestVersion, type Header, type Moment, type Recorded, replay, snapshot } from "../../core/index.js";
import { differences, type OtherCore, otherCore } from "../explain/difference.js";
import { html as ladderHtml } from "../explain/ladder/html.js";
import { mermaid as ladderMermaid } from "../explain/ladder/mermaid.js";
import { text as ladderText } from "../explain/ladder/text.js";
import * as Ladder from "../explain/ladder.js";
import { NameError } from "../explain/names.js";
import { readRecording } from "../explain/recording.js";
import { roster } from "../explain/roster.js";
import { warningLine, warningLines } from "../explain/sentences/warnings.js";
import { quoted } from "../explain/sentences/words.js";
import { shrink, symptomOf, untilDivergence } from "../explain/shrink.js";
import { effectsOf, stateOf } from "../explain/state-at.js";
import { type Summary, tally } from "../explain/summary.js";
import { drawn } from "../explain/timeline.js";
import { isoOf, momentOf, span } from "../explain/times.js";
import { warningsIn } from "../explain/warnings.js";
import type { Finding } from "../explain/why/finding.js";
import { why, whyEach } from "../explain/why.js";
import { stateDigest } from "../journal/digest.js";
import { progressBar } from "../journal/progress.js";
import { eventsOf, type Journal, JournalError, openJournal } from "../journal/read.js";
import { type Divergence, type Outcome, run } from "../journal/verify.js";
import { journalOf, textOf } from "../journal/write.js";
import { printable } from "../observe/printable.js";

const usage = `Usage: npm run replay -- FILE [FILE …] [option]

FILE is a journal that the server wrote with RECORD=…; of a run in several files name all, in their order.

  (no option)     what happened, in figures, and what looks wrong; --json the same for machines
  --verify        compute the digests again; exit 1 where the replay first differs from what was recorded
  --people        who was there, under which names and ids, from when to when, and which rooms there were
  --why A [B]     why A did not reach B, or B not A; without B, how A fared with everybody. With --json for machines,
                  with --ladder the ladder of the two below
  --ladder        the signalling as a ladder: people across, time down; --mermaid writes it as a Mermaid sequence diagram,
                  --html as one page to send to a colleague. With --room R, --user U or both (then both must hold) only
                  theirs; with --user A --user B only what was between the two; with --all also copies for third sockets,
                  and messages for one user that are no signalling
  --at N|TIME     the state after event N, or at a time of day in UTC, or an ISO time: rooms, participants, who holds them,
                  channels; with --json for machines
  --effects N[-M] what event N, or each of N to M, caused, and who got it
  --diff OTHER    the first effects that another build would have caused differently: its checkout, or its dist
  --shrink WHAT --to FILE
                  the smallest recording that still shows it, written to FILE. Put it into test/golden/journals, and a
                  test replays it from then on. WHAT is one of
                    invariant      one breaks
                    refused:CODE   a message is refused so, or for whatever reason: refused
                    unheard:USER   a message for USER reached nobody; unheard:A>USER if A sent it
                    differs:OTHER  an event has other effects in another build: its checkout, or its dist
                    digest         only cuts, after the first digest that the replay does not come to: a digest is of
                                   all events before it. With the build that wrote it, differs:OTHER shrinks further

People and rooms are named by id, by name, or both as they are printed: "Ann (u7)".

  npm run replay -- session.ndjson --why Ann Bob --ladder
  npm run replay -- session.ndjson --at 05:06:10
  npm run replay -- session.ndjson --ladder --room Reception --user Ann
`;

const options = {
  json: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  people: { type: "boolean", default: false },
  at: { type: "string" },
  effects: { type: "string" },
  why: { type: "string" },
  ladder: { type: "boolean", default: false },
  mermaid: { type: "boolean", default: false },
  html: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  room: { type: "string" },
  user: { type: "string", multiple: true },
  diff: { type: "string" },
  shrink: { type: "string" },
  to: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Option = keyof typeof options;

/** What the command can be asked, and what may stand beside each. */
const questions: ReadonlyArray<{ readonly ask: Option; readonly beside: ReadonlyArray<Option> }> = [
  { ask: "why", beside: ["json", "ladder", "all"] },
  { ask: "people", beside: [] },
  { ask: "at", beside: ["json"] },
  { ask: "effects", beside: [] },
  { ask: "diff", beside: [] },
  { ask: "shrink", beside: ["to"] },
  { ask: "mermaid", beside: ["ladder", "room", "user", "all"] },
  { ask: "html", beside: ["ladder", "room", "user", "all"] },
  { ask: "ladder", beside: ["room", "user", "all"] },
];

/** Options that would have no effect are refused, in one sentence. */
const refuseIdle = (given: ReadonlyArray<Option>): void => {
  const asked = questions.find(({ ask }) => given.includes(ask));
  const isIdle = (option: Option): boolean =>
    option !== asked?.ask && !(asked?.beside ?? ["json", "verify"]).includes(option);
  const idle = given.find(isIdle);
  if (idle === undefined) return;
  const hosts = questions.filter(({ beside }) => beside.includes(idle)).map(({ ask }) => `--${ask}`);
  const what = asked === undefined ? "the figures" : `--${asked.ask}`;
  const where = hosts.length === 0 ? "" : `; it goes with ${hosts.join(", ")}`;
  end(2, `--${idle} does not go together with ${what}${where}: see --help.`);
};

const bar = progressBar(process.stderr);

const say = (text: string): void => {
  bar.clear();
  process.stdout.write(`${text}\n`);
};

const end = (code: number, text: string): never => {
  bar.clear();
  process.stderr.write(`${text}\n`);
  process.exit(code);
};

const main = async (): Promise<void> => {
  const { values, positionals, tokens } = parseArgs({ options, allowPositionals: true, tokens: true });
  if (values.help) return say(usage);
  if (positionals.length === 0) return end(2, usage);
  refuseIdle(tokens.flatMap((token) => (token.kind === "option" ? [token.name as Option] : [])));
  if (values.why !== undefined) return showWhy(whyWords(values.why, tokens), values);
  const events = eventsOf(positionals, bar.show, warnOfTorn());
  if (values.ladder || values.mermaid || values.html) return showLadder(events, values);
  if (values.people) return say(roster(readRecording(replay(events))));
  if (values.at !== undefined) return showAt(events, values.at, values.json);
  if (values.effects !== undefined) return showEffects(events, values.effects);
  if (values.diff !== undefined) return showDifferences(events, await otherCore(values.diff));
  if (values.shrink !== undefined) return writeShrunk(positionals, { what: values.shrink, to: values.to });
  return showFigures(openJournal(positionals), values);
};

/** Once, however often the journal is gone through. */
const warnOfTorn = (): ((bytes: number) => void) => {
  let isTold = false;
  return (bytes) => {
    if (!isTold) process.stderr.write(`${cutShort(bytes)}\n`);
    isTold = true;
  };
};

const showFigures = (journal: Journal, values: { readonly verify: boolean; readonly json: boolean }): void => {
  const figures = tally();
  const outcome = run(journal, {
    isVerified: values.verify,
    visit: (moment) => {
      figures.visit(moment);
      bar.show(moment.n, journal);
      return true;
    },
  });
  const summary = figures.summary();
  if (values.json) say(JSON.stringify(jsonOf(journal.header, summary, outcome)));
  else say([recordedBy(journal.header, summary), report(summary, outcome, values.verify)].join("\n"));
  if (outcome.divergence !== undefined) process.exitCode = 1;
};

/** Who recorded it, how much of the texts is in it, and what was set. */
const recordedBy = ({ package: version, payloads }: Header, { settings }: Summary): string => {
  const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return `recorded by Signalbox ${printable(version)}, payloads ${payloads}${set.length === 0 ? "" : `; set otherwise than by default: ${printable(set.join(", "), 1_000)}`}`;
};

const jsonOf = ({ package: version, payloads }: Header, summary: Summary, outcome: Outcome): object => ({
  package: version,
  payloads,
  settings: summary.settings,
  events: outcome.events,
  clients: summary.clients,
  rooms: summary.rooms,
  timeline: summary.timeline,
  digest: stateDigest(outcome.state),
  divergence: outcome.divergence ?? null,
  tornBytes: outcome.tornBytes,
  from: isoOf(summary.from),
  to: isoOf(summary.to),
  kinds: summary.kinds,
  warnings: warningsIn(summary).map((warning) => ({ ...warning, sentence: warningLine(warning) })),
});

const report = (summary: Summary, outcome: Outcome, isVerified: boolean): string => {
  if (outcome.events === 0) return ["it holds no events", ...tornIn(outcome)].join("\n");
  const { clients, rooms, timeline } = summary;
  const seconds = ((summary.to - summary.from) / 1_000).toFixed(1);
  return [
    `${outcome.events} events in ${seconds} s, from ${isoOf(summary.from)} to ${isoOf(summary.to)}`,
    ...Object.entries(summary.kinds).map(([kind, n]) => `  ${String(n).padStart(8)}  ${kind}`),
    `clients (sockets): ${clients.connected} connected, ${clients.mostAtOnce} at once at most, ${clients.atEnd} in the end`,
    `rooms: ${rooms.opened} opened, ${rooms.mostAtOnce} at once at most, ${rooms.atEnd} in the end`,
    `over time, ${span(timeline.stepMs)} a column, each row up to its own most:`,
    `  clients ${drawn(timeline.clients)}`,
    `  rooms   ${drawn(timeline.rooms)}`,
    ...warnings(summary, outcome),
    ...(isVerified ? [verdict(outcome)] : []),
  ].join("\n");
};

const tornIn = ({ tornBytes }: Outcome): ReadonlyArray<string> => (tornBytes > 0 ? [cutShort(tornBytes)] : []);
const cutShort = (bytes: number): string => `the last line was cut short after ${bytes} bytes, and is left out`;

const warnings = (summary: Summary, outcome: Outcome): ReadonlyArray<string> => {
  const lines = [...warningLines(warningsIn(summary)), ...tornIn(outcome)];
  return lines.length === 0
    ? [
        "nothing looks wrong in the signalling. What ICE and media did then is not in a recording; of two people, ask --why A B (--people tells who was there)",
      ]
    : ["what looks wrong:", ...lines.map((line) => `  ${line}`)];
};

const verdict = ({ divergence, digests, incomparableDigests }: Outcome): string => {
  if (divergence !== undefined) return differs(divergence);
  if (incomparableDigests > 0) return incomparable;
  if (digests === 0) return "the journal holds no digest to compare with";
  return `the replay matches the recording: ${digests === 1 ? "its digest is" : `all ${digests} digests are`} the same`;
};

const incomparable =
  "every event was replayed; the digests were made by a version that counts other things, and cannot be compared";

const differs = ({ event, since, what, recorded, replayed }: Divergence): string =>
  `the replay differs: the ${what} after event #${event} are not what was recorded, and after #${since} they still were\n` +
  `  recorded ${recorded}\n  replayed ${replayed}`;

/** The last event at or before the moment. */
const showAt = (events: Iterable<Recorded>, at: string, isJson: boolean): void => {
  const number = /^#?(\d+)$/.exec(at)?.[1];
  const span = number === undefined ? spanOf(events) : undefined;
  const time = span && momentOf(at, span);
  if (span !== undefined && time === undefined)
    end(
      2,
      `--at is ${JSON.stringify(at)}: it must be the number of an event, a time of day (05:06:10), or an ISO time.`,
    );
  let last: Moment<Recorded> | undefined;
  for (const moment of replay(events)) {
    if (time === undefined ? moment.n > Number(number) : moment.event.at > time) break;
    last = moment;
  }
  if (last === undefined) {
    const [first] = events;
    const begins = first === undefined ? "holds no events" : `begins at ${isoOf(first.at)}`;
    return end(2, `nothing had happened yet at ${at}: the recording ${begins}`);
  }
  say(
    isJson
      ? JSON.stringify({ event: last.n, state: snapshot(last.after) })
      : stateOf(last, readRecording(replay(events))),
  );
};

const spanOf = (events: Iterable<Recorded>): { readonly from: number; readonly to: number } => {
  let from: number | undefined;
  let to = 0;
  for (const { at } of events) {
    from ??= at;
    to = at;
  }
  return { from: from ?? 0, to };
};

const showEffects = (events: Iterable<Recorded>, range: string): void => {
  const [, from, to = from] = /^#?([1-9]\d*)(?:[-–]#?([1-9]\d*))?$/.exec(range) ?? [];
  if (from === undefined || Number(to) < Number(from))
    end(
      2,
      `--effects is ${JSON.stringify(range)}: it must be the number of an event, from 1, or two of them, the smaller first (285-291).`,
    );
  const found: Moment<Recorded>[] = [];
  let n = 0;
  for (const moment of replay(events)) {
    if (moment.n > Number(to)) break;
    n = moment.n;
    if (n >= Number(from)) found.push(moment);
  }
  if (found.length === 0) return end(2, `the recording has no event #${from}: it has ${n}`);
  const recording = readRecording(replay(events));
  for (const moment of found) say(effectsOf(moment, recording));
};

type Token = {
  readonly kind: string;
  readonly index: number;
  readonly name?: string;
  readonly value?: string | undefined;
};

interface Why {
  readonly a: string;
  readonly b: string | undefined;
  readonly files: ReadonlyArray<string>;
}

/** `--why A B` may stand before the files or after them: the option takes A, and B is the word that follows, unless it is the only file. */
const whyWords = (a: string, tokens: ReadonlyArray<Token>): Why => {
  const at = tokens.find(({ kind, name }) => kind === "option" && name === "why")?.index ?? 0;
  const words = tokens.filter(({ kind }) => kind === "positional");
  const next = words.length > 1 ? words.find(({ index }) => index > at) : undefined;
  return { a, b: next?.value, files: words.filter((word) => word !== next).flatMap(({ value }) => value ?? []) };
};

interface WhyOptions {
  readonly json: boolean;
  readonly ladder: boolean;
  readonly all: boolean;
}

const showWhy = ({ a, b, files }: Why, { json, ladder, all }: WhyOptions): void => {
  if (ladder && (json || b === undefined))
    return end(2, "--why with --ladder needs two people, and no --json: see --help.");
  const events = eventsOf(files, bar.show, warnOfTorn());
  const source = { moments: replay(events), timings: events.header.timings };
  const findings = b === undefined ? whyEach(source, a) : why(source, a, b);
  if (json) return say(JSON.stringify({ findings }));
  for (const { sentence } of findings) say(sentence);
  if (b !== undefined && !ladder) say(seeAlso(findings[0], [a, b]));
  if (ladder && b !== undefined) drawLadder(Ladder.ladder(replay(events), { users: [a, b], isAll: all }));
};

const effectsMax = 50;

/** Where the reader can see for themselves. */
const seeAlso = (conclusion: Finding | undefined, people: ReadonlyArray<string>): string => {
  const events = [...(conclusion?.events ?? [])].sort((x, y) => x - y);
  const [first = 0, last = Number.POSITIVE_INFINITY] = [events[0], events.at(-1)];
  const effects = last - first < effectsMax ? `, --effects ${first}-${last}` : "";
  return `See for yourself: --ladder ${people.map((word) => `--user ${quoted(word)}`).join(" ")}${effects}`;
};

interface LadderOptions {
  readonly mermaid: boolean;
  readonly html: boolean;
  readonly all: boolean;
  readonly room?: string | undefined;
  readonly user?: ReadonlyArray<string> | undefined;
}

const showLadder = (events: Iterable<Recorded>, { room, user = [], all, mermaid, html }: LadderOptions): void => {
  if (user.length > 2) return end(2, "--user may be given once, or twice for what was between two: see --help.");
  const drawn = Ladder.ladder(replay(events), { room, users: user, isAll: all });
  if (html) say(ladderHtml(drawn));
  else if (mermaid) say(ladderMermaid(drawn));
  else drawLadder(drawn);
};

const drawLadder = (drawn: Ladder.Ladder): void => say(ladderText(drawn, process.stdout.columns ?? 120));

const differencesShown = 10;

const showDifferences = (events: Iterable<Recorded>, other: OtherCore): void => {
  const found = differences(events, other, differencesShown);
  if (found.length === 0) return say("the other build causes the same effects, event by event");
  process.exitCode = 1;
  const lines = found.flatMap(({ event, kind, here, there }) => [
    `#${event} ${kind}`,
    `  here  ${printable(JSON.stringify(here), 2_000)}`,
    `  there ${printable(JSON.stringify(there), 2_000)}`,
  ]);
  say([`the first ${found.length} events whose effects differ:`, ...lines].join("\n"));
};

const symptoms = "invariant, refused, refused:CODE, unheard:USER, unheard:A>USER, differs:OTHER or digest";

const writeShrunk = async (
  paths: ReadonlyArray<string>,
  { what, to }: { readonly what: string; readonly to: string | undefined },
): Promise<void> => {
  const symptom = what === "digest" ? undefined : await symptomOf(what);
  if (what !== "digest" && symptom === undefined)
    return end(2, `--shrink is ${JSON.stringify(what)}: it must be one of ${symptoms}.`);
  if (to === undefined) return end(2, "--shrink needs --to FILE, where the smaller recording is written.");
  const { header } = openJournal(paths);
  if (symptom === undefined) return writeCut(header, () => openJournal(paths), to);
  const events = [...eventsOf(paths)];
  const small = shrink(events, symptom);
  if (small === undefined) return end(1, `no event of this recording shows ${what}`);
  write(to, journalOf(header, small));
  say(`${events.length} events shrank to ${small.length}, which still show ${what}: ${to}`);
};

const writeCut = (header: Header, open: () => Journal, to: string): void => {
  if (header.digestVersion !== digestVersion) return end(1, incomparable);
  const lines = untilDivergence(open);
  if (lines === undefined) return end(1, "no recorded digest differs from the replay");
  write(to, textOf(header, lines));
  const events = lines.filter((line) => "kind" in line).length;
  say(`cut after event #${events}, whose digest is the first that the replay does not come to: ${to}`);
};

const write = (to: string, text: string): void => writeFileSync(to, text, { flag: "wx", mode: 0o600 });

/** Node names the option in quotes; the rest of what it says is for programmers. */
const misused = (message: string): string => {
  const [, option] = /'(-[^' ]*)/.exec(message) ?? [];
  if (option === undefined) return message;
  return Object.keys(options).includes(option.slice(2))
    ? `${option} is not given as it should be.`
    : `There is no option ${option}.`;
};

// Whoever reads along may have seen enough: `| head`.
process.stdout.on("error", (error: Error & { readonly code?: string }) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  await main();
} catch (error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (error instanceof Error && code.startsWith("ERR_PARSE_ARGS")) end(2, `${misused(error.message)}\n\n${usage}`);
  if (error instanceof NameError || error instanceof JournalError || (error instanceof Error && "code" in error))
    end(2, error.message);
  throw error;
}
