import type { ClientId, Header, Moment, Recorded } from "../../core/index.js";
import { doorLine, sessionLine } from "../explain/sentences/sessions.js";
import { warningLine, warningLines } from "../explain/sentences/warnings.js";
import { type Summary, tally } from "../explain/summary.js";
import { sparkline } from "../explain/timeline.js";
import { isoOf, span } from "../explain/times.js";
import { warningsIn } from "../explain/warnings.js";
import { stateDigest } from "../journal/digest.js";
import type { Journal } from "../journal/read.js";
import { type Divergence, type Outcome, run } from "../journal/verify.js";
import { printable } from "../observe/printable.js";
import { bar, cutShort, say } from "./terminal.js";

/** What happened, in figures, and what looks wrong. Sets the exit code to 1 where the replay differs. */
export const showFigures = (journal: Journal, values: { readonly verify: boolean; readonly json: boolean }): void => {
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
export const recordedBy = ({ package: version, payloads }: Header, { settings }: Pick<Summary, "settings">): string => {
  const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return `recorded by Signalbox ${printable(version)}, payloads ${payloads}${set.length === 0 ? "" : `; set otherwise than by default: ${printable(set.join(", "), 1_000)}`}`;
};

const jsonOf = (header: Header, summary: Summary, outcome: Outcome): object => ({
  ...jsonOfRun(header, outcome),
  ...jsonOfSummary(summary),
});

/** What is told machines of one run. */
export const jsonOfRun = ({ package: version, payloads }: Header, outcome: Outcome): object => ({
  package: version,
  payloads,
  events: outcome.events,
  digest: stateDigest(outcome.state),
  divergence: outcome.divergence ?? null,
  digests: { compared: outcome.digests, incomparable: outcome.incomparableDigests },
  tornBytes: outcome.tornBytes,
});

/** What is told machines of what happened, at one node or several. */
export const jsonOfSummary = (summary: Summary): object => ({
  settings: summary.settings,
  clients: summary.clients,
  rooms: summary.rooms,
  ...(summary.sessions === undefined ? {} : { sessions: summary.sessions }),
  ...(summary.doors === undefined ? {} : { doors: summary.doors }),
  timeline: summary.timeline,
  from: isoOf(summary.from),
  to: isoOf(summary.to),
  kinds: summary.kinds,
  warnings: warningsIn(summary).map((warning) => ({ ...warning, sentence: warningLine(warning) })),
});

const report = (summary: Summary, outcome: Outcome, isVerified: boolean): string => {
  if (outcome.events === 0) return ["it holds no events", ...tornIn(outcome)].join("\n");
  return [
    ...figuresOf(summary, outcome.events),
    ...warnings(summary, outcome),
    ...(isVerified ? [verdict(outcome)] : []),
  ].join("\n");
};

/** What happened, at one node or several. */
export const figuresOf = (summary: Summary, events: number): ReadonlyArray<string> => {
  const { clients, rooms, timeline } = summary;
  const seconds = ((summary.to - summary.from) / 1_000).toFixed(1);
  return [
    `${events} events in ${seconds} s, from ${isoOf(summary.from)} to ${isoOf(summary.to)}`,
    ...Object.entries(summary.kinds).map(([kind, n]) => `  ${String(n).padStart(8)}  ${kind}`),
    `clients (sockets): ${clients.connected} connected, ${clients.mostAtOnce} at once at most, ${clients.atEnd} in the end`,
    `rooms: ${rooms.opened} opened, ${rooms.mostAtOnce} at once at most, ${rooms.atEnd} in the end`,
    ...(summary.sessions === undefined ? [] : [sessionLine(summary.sessions)]),
    ...(summary.doors === undefined ? [] : [doorLine(summary.doors)]),
    `over time, ${span(timeline.stepMs)} a column, each row up to its own most:`,
    `  clients ${sparkline(timeline.clients)}`,
    `  rooms   ${sparkline(timeline.rooms)}`,
  ];
};

const tornIn = ({ tornBytes }: Pick<Outcome, "tornBytes">): ReadonlyArray<string> =>
  tornBytes > 0 ? [cutShort(tornBytes)] : [];

/** What looks wrong. */
export const warnings = (summary: Summary, outcome: Pick<Outcome, "tornBytes">): ReadonlyArray<string> => {
  const lines = [...warningLines(warningsIn(summary)), ...tornIn(outcome)];
  return lines.length === 0
    ? [
        "nothing looks wrong in the signalling. What ICE and media did then is not in a recording; of two people, ask --why A B (--people tells who was there)",
      ]
    : ["what looks wrong:", ...lines.map((line) => `  ${line}`)];
};

/** Whether the replay comes to the recorded digests. */
export const verdict = ({ divergence, digests, incomparableDigests }: Outcome): string => {
  if (divergence !== undefined) return differs(divergence);
  if (incomparableDigests > 0) return incomparable;
  if (digests === 0) return "the journal holds no digest to compare with";
  return `the replay matches the recording: ${digests === 1 ? "its digest is" : `all ${digests} digests are`} the same`;
};

/** Why digests were not compared. */
export const incomparable =
  "every event was replayed; the digests were made by a version that counts other things, and cannot be compared";

const differs = ({ event, since, what, recorded, replayed }: Divergence): string =>
  `the replay differs: the ${what} after event #${event} are not what was recorded, and after #${since} they still were\n` +
  `  recorded ${recorded}\n  replayed ${replayed}`;

/** The state after a moment has only the clients of its own node. */
export const clientsOfAll = (): ((moment: Moment<Recorded>) => number) => {
  const open = new Set<ClientId>();
  return ({ event }) => {
    if (event.kind === "ClientConnected") open.add(event.client);
    if (event.kind === "ClientDisconnected") open.delete(event.client);
    return open.size;
  };
};
