import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Effect,
  type Header,
  listedRooms,
  type Moment,
  type Recorded,
  recipients,
  replay,
  type State,
  snapshot,
} from "../core/index.js";
import { differences, type OtherCore, otherCore } from "./journal/difference.js";
import { stateDigest } from "./journal/digest.js";
import type { LadderFilter } from "./journal/ladder.js";
import * as Ladder from "./journal/ladder.js";
import { NameError } from "./journal/people.js";
import { type Journal, JournalError, openJournal } from "./journal/read.js";
import { type Divergence, type Outcome, run } from "./journal/session.js";
import { shrink, symptomOf, untilDivergence } from "./journal/shrink.js";
import { type Summary, tally } from "./journal/summary.js";
import { why } from "./journal/why.js";
import { journalOf, textOf } from "./journal/write.js";
import { plain } from "./plain.js";

const usage = `Usage: npm run replay -- FILE [FILE …] [option]

FILE is a journal that the server wrote with RECORD=…; of a run in several files name all, in their order.

  (no option)     what happened, in figures, and what looks wrong
  --json          the same for machines
  --verify        compute the digests again; exit 1 where the replay first differs from what was recorded
  --at N|TIME     the state after event N, or at an ISO time: rooms, participants, who holds them, channels
  --effects N     what event N caused, and who got it
  --why A B       why A did not reach B, or B not A: users by id or by name
  --ladder        the signalling as a ladder: people across, time down; with --room R or --user U only theirs;
                  --mermaid writes it as a Mermaid sequence diagram, --html as one page to send to a colleague
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
`;

const options = {
  json: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  at: { type: "string" },
  effects: { type: "string" },
  why: { type: "string" },
  ladder: { type: "boolean", default: false },
  mermaid: { type: "boolean", default: false },
  html: { type: "boolean", default: false },
  room: { type: "string" },
  user: { type: "string" },
  diff: { type: "string" },
  shrink: { type: "string" },
  to: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const end = (code: number, text: string): never => {
  process.stderr.write(`${text}\n`);
  process.exit(code);
};

const main = async (): Promise<void> => {
  const { values, positionals, tokens } = parseArgs({ options, allowPositionals: true, tokens: true });
  if (values.help || positionals.length === 0) return end(values.help ? 0 : 2, usage);
  if (values.why !== undefined) return showWhy(values.why, tokens);
  const journal = openJournal(positionals);
  if (values.ladder || values.mermaid || values.html) return showLadder(journal, values);
  if (values.at !== undefined) return showAt(journal, values.at, values.json);
  if (values.effects !== undefined) return showEffects(journal, numberOf("--effects", values.effects));
  if (values.diff !== undefined) return showDifferences(journal, await otherCore(values.diff));
  if (values.shrink !== undefined) return writeShrunk(positionals, { what: values.shrink, to: values.to });
  return showFigures(journal, values);
};

const showFigures = (journal: Journal, values: { readonly verify: boolean; readonly json: boolean }): void => {
  const figures = tally();
  const outcome = run(journal, {
    isVerified: values.verify,
    visit: (moment) => {
      figures.visit(moment);
      if (moment.n % 100_000 === 0) showProgress(journal);
      return true;
    },
  });
  if (values.json) say(JSON.stringify(jsonOf(figures.summary(), outcome)));
  else say(report(figures.summary(), outcome, values.verify));
  if (outcome.divergence !== undefined) process.exitCode = 1;
};

const numberOf = (name: string, text: string): number =>
  /^[1-9]\d*$/.test(text)
    ? Number(text)
    : end(2, `${name} is ${JSON.stringify(text)}: it must be the number of an event, from 1.`);

const showProgress = (journal: Journal): void => {
  if (!process.stderr.isTTY) return;
  const share = journal.bytesRead() / journal.bytes;
  const width = Math.round(share * 30);
  process.stderr.write(
    `\r${"█".repeat(width)}${"░".repeat(30 - width)} ${Math.round(share * 100)} % ${share < 1 ? "" : "\n"}`,
  );
};

const jsonOf = (summary: Summary, outcome: Outcome): object => ({
  events: outcome.events,
  clients: summary.clients,
  rooms: summary.rooms,
  digest: stateDigest(outcome.state),
  divergence: outcome.divergence ?? null,
  tornBytes: outcome.tornBytes,
  from: isoOf(summary.from),
  to: isoOf(summary.to),
  kinds: summary.kinds,
  refusals: summary.refusals,
  unheard: summary.unheard,
});

const isoOf = (at: number): string | null => (Number.isNaN(at) ? null : new Date(at).toISOString());

const report = (summary: Summary, outcome: Outcome, isVerified: boolean): string => {
  const { clients, rooms } = summary;
  const seconds = ((summary.to - summary.from) / 1_000).toFixed(1);
  return [
    `${outcome.events} events in ${seconds} s, from ${isoOf(summary.from)} to ${isoOf(summary.to)}`,
    ...Object.entries(summary.kinds).map(([kind, n]) => `  ${String(n).padStart(8)}  ${kind}`),
    `clients: ${clients.connected} connected, ${clients.mostAtOnce} at once at most, ${clients.atEnd} in the end`,
    `rooms: ${rooms.opened} opened, ${rooms.mostAtOnce} at once at most, ${rooms.atEnd} in the end`,
    ...wrongs(summary, outcome),
    ...(isVerified ? [verdict(outcome)] : []),
  ].join("\n");
};

const wrongs = (summary: Summary, outcome: Outcome): ReadonlyArray<string> => {
  const shown = summary.unheard
    .slice(0, 10)
    .map(({ event, type, to }) => `  #${event} ${plain(type)} for ${plain(to)}`);
  const more = summary.unheard.length - shown.length;
  const lines = [
    ...Object.entries(summary.refusals).map(([refusal, n]) => `  ${n} × refused: ${plain(refusal)}`),
    ...(summary.unheard.length > 0
      ? ["  messages for somebody that reached nobody:", ...shown.map((line) => `  ${line}`)]
      : []),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...(outcome.tornBytes > 0
      ? [`  the last line was cut short after ${outcome.tornBytes} bytes, and is left out`]
      : []),
  ];
  return lines.length === 0 ? ["nothing looks wrong"] : ["what looks wrong:", ...lines];
};

const verdict = ({ divergence, digests }: Outcome): string => {
  if (divergence === undefined)
    return digests > 0
      ? `the replay is the recorded session: ${digests} digests are the same`
      : "the journal holds no digest to compare with";
  return differs(divergence);
};

const differs = ({ event, since, what, recorded, replayed }: Divergence): string =>
  `the replay differs: the ${what} after event #${event} are not what was recorded, and after #${since} they still were\n` +
  `  recorded ${recorded}\n  replayed ${replayed}`;

/** The last event at or before the moment. */
const showAt = (journal: Journal, at: string, isJson: boolean): void => {
  const time = /^\d+$/.test(at) ? undefined : Date.parse(at);
  if (time !== undefined && Number.isNaN(time))
    end(2, `--at is ${JSON.stringify(at)}: it must be the number of an event, or an ISO time.`);
  let last: Moment<Recorded> | undefined;
  run(journal, {
    visit: (moment) => {
      if (time === undefined ? moment.n > Number(at) : moment.event.at > time) return false;
      last = moment;
      return true;
    },
  });
  if (last === undefined) return end(2, `nothing had happened yet at ${at}`);
  say(isJson ? JSON.stringify({ event: last.n, state: snapshot(last.after) }) : stateOf(last));
};

const stateOf = ({ n, event, after }: Moment<Recorded>): string => {
  const { clients, holders, subscribers } = snapshot(after) as Snapshot;
  return [
    `after event #${n} (${event.kind}) at ${isoOf(after.now)}: ${clients.length} clients, ${after.rooms.size} rooms`,
    ...listedRooms(after).flatMap((room) => [
      `room ${plain(room.id)} “${plain(room.name)}”, host ${plain(room.hostId ?? "unknown")}`,
      ...room.participants.map(({ id, name }) => {
        const held = holders.find(([seat]) => seat === `${room.id}\n${id}`)?.[1] ?? [];
        return `  ${plain(id)} “${plain(name)}”, held by client ${held.join(", ")}`;
      }),
    ]),
    ...subscribers.map(([channel, ids]) => `channel ${plain(channel)}: clients ${ids.join(", ")}`),
    ...clients.map(
      ({ id, users }) => `client ${id} acts for ${users.map((user) => plain(user)).join(", ") || "nobody known"}`,
    ),
  ].join("\n");
};

interface Snapshot {
  readonly clients: ReadonlyArray<{ readonly id: number; readonly users: ReadonlyArray<string> }>;
  readonly holders: ReadonlyArray<readonly [string, ReadonlyArray<number>]>;
  readonly subscribers: ReadonlyArray<readonly [string, ReadonlyArray<number>]>;
}

const showEffects = (journal: Journal, wanted: number): void => {
  let found: Moment<Recorded> | undefined;
  run(journal, {
    visit: (moment) => {
      if (moment.n === wanted) found = moment;
      return moment.n < wanted;
    },
  });
  if (found === undefined) return end(2, `the session has no event #${wanted}`);
  const { event, effects, after } = found;
  const lines = effects.map((effect) => `  ${effectOf(effect, after)}`);
  say(
    [`#${wanted} ${event.kind} at ${isoOf(event.at)}`, ...(lines.length === 0 ? ["  caused nothing"] : lines)].join(
      "\n",
    ),
  );
};

const eventsOf = (journal: Journal): ReadonlyArray<Recorded> =>
  [...journal.entries].flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));

type Token = {
  readonly kind: string;
  readonly index: number;
  readonly name?: string;
  readonly value?: string | undefined;
};

/** `--why A B` may stand before the files or after them: the option takes A, and B is the word that follows. */
const showWhy = (a: string, tokens: ReadonlyArray<Token>): void => {
  const at = tokens.find(({ kind, name }) => kind === "option" && name === "why")?.index ?? 0;
  const words = tokens.filter(({ kind }) => kind === "positional");
  const b = words.find(({ index }) => index > at);
  if (b?.value === undefined) return end(2, "--why needs two users: --why A B");
  const files = words.filter((word) => word !== b).flatMap(({ value }) => (value === undefined ? [] : [value]));
  for (const { sentence } of why(replay(eventsOf(openJournal(files))), a, b.value)) say(sentence);
};

interface LadderOptions extends Pick<LadderFilter, "room"> {
  readonly user?: string | undefined;
  readonly mermaid: boolean;
  readonly html: boolean;
}

const showLadder = (journal: Journal, { room, user, ...as }: LadderOptions): void => {
  const drawn = Ladder.ladder(replay(eventsOf(journal)), { room, users: user === undefined ? [] : [user] });
  if (as.html) say(Ladder.html(drawn));
  else if (as.mermaid) say(Ladder.mermaid(drawn));
  else say(Ladder.text(drawn, process.stdout.columns ?? 120));
};

const differencesShown = 10;

const showDifferences = (journal: Journal, other: OtherCore): void => {
  const found = differences(eventsOf(journal), other, differencesShown);
  if (found.length === 0) return say("the other build causes the same effects, event by event");
  process.exitCode = 1;
  const lines = found.flatMap(({ event, kind, here, there }) => [
    `#${event} ${kind}`,
    `  here  ${plain(JSON.stringify(here), 2_000)}`,
    `  there ${plain(JSON.stringify(there), 2_000)}`,
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
  const journal = openJournal(paths);
  if (symptom === undefined) return writeCut(journal.header, () => openJournal(paths), to);
  const events = eventsOf(journal);
  const small = shrink(events, symptom);
  if (small === undefined) return end(1, `no event of this session shows ${what}`);
  write(to, journalOf(journal.header, small));
  say(`${events.length} events shrank to ${small.length}, which still show ${what}: ${to}`);
};

const writeCut = (header: Header, open: () => Journal, to: string): void => {
  const lines = untilDivergence(open);
  if (lines === undefined) return end(1, "no recorded digest differs from the replay");
  write(to, textOf(header, lines));
  const events = lines.filter((line) => "kind" in line).length;
  say(`cut after event #${events}, whose digest is the first that the replay does not come to: ${to}`);
};

const write = (to: string, text: string): void => writeFileSync(to, text, { flag: "wx", mode: 0o600 });

const effectOf = (effect: Effect, state: State): string => {
  if (effect.kind === "Report") return `reported ${plain(JSON.stringify(effect.fact))}`;
  const to = recipients(state, effect.to);
  const whom =
    to.length === 0
      ? "nobody"
      : `client ${to.slice(0, 20).join(", ")}${to.length > 20 ? ` and ${to.length - 20} more` : ""}`;
  return effect.kind === "Close" ? `closed with ${effect.code}: ${whom}` : `sent ${effect.message.kind} to ${whom}`;
};

try {
  await main();
} catch (error) {
  if (error instanceof NameError || error instanceof JournalError || (error instanceof Error && "code" in error))
    end(2, error.message);
  throw error;
}
