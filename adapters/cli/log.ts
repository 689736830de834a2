import * as E from "fp-ts/lib/Either.js";
import { highestLevel, type Moment, type Recorded, replay } from "../../core/index.js";
import { agreementIn, eventsOfLog, logSince, type ReadLog } from "../explain/nodes/log-events.js";
import { together } from "../explain/nodes/together.js";
import { readRecording } from "../explain/read-recording.js";
import { roster } from "../explain/roster.js";
import { warningLines } from "../explain/sentences/warnings.js";
import { tally } from "../explain/summary.js";
import { momentOf } from "../explain/times.js";
import { warningsIn } from "../explain/warnings.js";
import { sharedDigest } from "../journal/digest.js";
import { stateAt } from "./at.js";
import { clientsOfAll, figuresOf, jsonOfSummary } from "./figures.js";
import { showLadder } from "./ladder.js";
import type { Option } from "./options.js";
import { end, say } from "./terminal.js";

type Asked = {
  readonly [O in "json" | "people" | "ladder" | "mermaid" | "html" | "all" | "verify"]: boolean;
} & {
  readonly room?: string | undefined;
  readonly user?: ReadonlyArray<string> | undefined;
  readonly at?: string | undefined;
  readonly since?: string | undefined;
  readonly "cluster-name"?: string | undefined;
} & { readonly [O in Option]?: unknown };

export const isLog = (word: string): boolean => /^(?:nats|tls):\/\//.test(word);

/** What is answered from messages, or the effects, of a node. */
const notInLog = ["why", "effects", "diff", "shrink"] as const;

/** `signalbox replay nats://…`: what the log of a cluster tells. Nothing is changed there. */
export const answerOfLog = async (servers: string, values: Asked): Promise<void> => {
  const option = notInLog.find((name) => values[name] !== undefined);
  if (option !== undefined)
    return end(2, `--${option} is answered from recordings (RECORD): the log has rooms and sessions, and no signals.`);
  const since = values.since === undefined ? undefined : sinceOf(values.since, Date.now());
  if (values.since !== undefined && since === undefined)
    return end(
      2,
      `--since is ${JSON.stringify(values.since)}: it must be an ISO time, or a number and s, m, h or d (90m).`,
    );
  const name = values["cluster-name"] ?? (process.env.CLUSTER_NAME || "signalbox");
  const { readLog } = await import("../cluster/index.js");
  const read = await readLog({ servers, name, since })();
  if (E.isLeft(read)) return end(2, read.left);
  const log = since === undefined ? read.right : logSince(read.right, since);
  process.stderr.write("the log has what concerns rooms and sessions; signals and messages are not in it\n");
  const { leftOut } = read.right;
  if (leftOut.length > 0)
    process.stderr.write(
      `messages of the log that are damaged, or none of a node, and count for nothing: ${leftOut.length}, the first is message ${leftOut[0]}\n`,
    );
  const events = eventsOfLog(log);
  const moments = () => together([{ name: servers, events, isLog: true }]);
  if (values.ladder || values.mermaid || values.html) return showLadder(moments(), values);
  if (values.people) return say(roster(readRecording(moments())));
  if (values.at !== undefined)
    return stateAt({ moments: numbered(log), recording: () => readRecording(moments()) }, values.at, values.json);
  // The digests are of what was read, also of what is before the time.
  showLogFigures(moments, { whole: read.right, log }, values.json);
};

/** `90m`, or an ISO time. */
const sinceOf = (text: string, now: number): number | undefined => {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined)
    return now - Number(count) * ({ s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0);
  return /^\d{4}-/.test(text) ? momentOf(text, { from: now, to: now }) : undefined;
};

/** The moments of the log, with the numbers of its entries. */
const numbered = (log: ReadLog): Iterable<Moment<Recorded>> => ({
  *[Symbol.iterator]() {
    const before = (log.entries[0]?.seq ?? 1) - 1;
    for (const moment of replay(eventsOfLog(log))) yield { ...moment, n: before + moment.n - 1 };
  },
});

interface Read {
  readonly whole: ReadLog;
  readonly log: ReadLog;
}

/** Sets the exit code to 1 where a node has said another digest. */
const showLogFigures = (moments: () => ReturnType<typeof together>, { whole, log }: Read, isJson: boolean): void => {
  const figures = tally(clientsOfAll());
  for (const moment of moments()) figures.visit(moment);
  const summary = figures.summary();
  const { shared, digest, compared, differing, tooHigh } = agreementIn(whole);
  if (tooHigh !== undefined)
    return end(
      2,
      `Level ${tooHigh} is in force in this log, and this version can decide up to level ${highestLevel} only: use a newer one.`,
    );
  const [first, last] = [log.entries[0]?.seq, log.entries.at(-1)?.seq];
  const state = sharedDigest(shared);
  const facts = hex(digest);
  if (differing.length > 0) process.exitCode = 1;
  if (isJson) {
    const different = differing.map((one) => ({ ...one, said: hex(one.said), here: hex(one.here) }));
    const entries = { first: first ?? null, last: last ?? null };
    return say(JSON.stringify({ entries, state, facts, compared, differing: different, ...jsonOfSummary(summary) }));
  }
  const [one] = differing;
  say(
    [
      first === undefined ? "no entry since then" : `entries ${first} to ${last} of the log`,
      ...figuresOf(summary, log.entries.length),
      ...warningLines(warningsIn(summary)),
      `the state of rooms and sessions after entry ${whole.entries.at(-1)?.seq ?? whole.before.lastSeq}: ${state}`,
      `the digest of its facts: ${facts}; ${compared} digests that nodes put into the log were compared, ${differing.length === 0 ? "and all are the same" : `and ${differing.length} differ`}`,
      ...(one === undefined
        ? []
        : [`node ${one.node} had ${hex(one.said)} after entry ${one.seq}, and the replay ${hex(one.here)}`]),
    ].join("\n"),
  );
};

const hex = (digest: number): string => digest.toString(16).padStart(14, "0");
