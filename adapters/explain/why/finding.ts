import type { Attempt, Signal } from "../attempts.js";
import type { Person } from "../people.js";
import type { Position, Recording } from "../recording.js";
import { span, timeOfDay } from "../times.js";

/** One sentence of an answer, and the events that it rests on. */
export interface Finding {
  readonly events: ReadonlyArray<number>;
  readonly sentence: string;
}

/** What is known when it is asked why one user did not reach the other. */
export interface Inquiry {
  readonly recording: Recording;
  /** Everybody in the recording. */
  readonly people: ReadonlyArray<Person>;
  readonly from: Person;
  readonly to: Person;
  readonly signals: ReadonlyArray<Signal>;
  readonly attempts: ReadonlyArray<Attempt>;
}

/** What is said of the last attempt, and of those before it that ended likewise. */
export interface Verdict {
  readonly conclusion: Finding;
  readonly next: Finding;
  readonly details: ReadonlyArray<Finding>;
}

/** A sentence with the numbers of its events, each once. */
export const finding = (events: ReadonlyArray<Position>, sentence: string): Finding => ({
  events: [...new Set(events.map(({ event }) => event))],
  sentence,
});

/** What to look at. */
export const next = (sentence: string, ...events: ReadonlyArray<Position>): Finding =>
  finding(events, `Next: ${sentence}`);

/** Of a longer list the rest is counted. */
export const shownMax = 8;

/** With commas, and at most so many. */
export const listed = (words: ReadonlyArray<string>): string =>
  words.length > shownMax
    ? `${words.slice(0, shownMax).join(", ")} and ${words.length - shownMax} more`
    : words.join(", ");

/** `#7 (05:04:34)`, in UTC. */
export const stamp = ({ event, at }: Position): string => `#${event} (${timeOfDay(at)})`;

/** `#7 (05:04:34), #9 (05:04:39)` */
export const numbers = (positions: ReadonlyArray<Position>): string => listed(positions.map(stamp));

/** `sockets 1, 2` */
export const sockets = (ids: ReadonlyArray<number>): string =>
  `socket${ids.length === 1 ? "" : "s"} ${listed(ids.map(String))}`;

/** The time between two. */
export const apart = (a: Position, b: Position): string => span(Math.abs(a.at - b.at));

/** The one that happened last. */
export const latest = <S extends Position>(positions: Iterable<S>): S | undefined => {
  let found: S | undefined;
  for (const position of positions) if (found === undefined || position.event > found.event) found = position;
  return found;
};

/** The end of the server, or of the recording: what ends there says nothing about who it was. */
export const stopOf = ({ incidents }: Recording): number =>
  incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;

/** RFC 6455, 7.4.1, in a user's words. */
export const closeCode = (code: number): string => `${code}: ${glossOf(code)}`;

const glossOf = (code: number): string => {
  switch (code) {
    case 1000:
      return "closed by the page";
    case 1001:
      return "the page was closed or reloaded";
    case 1005:
      return "closed by the page without a code";
    case 1006:
      return "no close at all, so a closed lid, a lost network, a hung or crashed browser; the server cuts off who is silent";
    case 1007:
      return "a text was not UTF-8";
    case 1008:
      return "closed by a policy";
    case 1009:
      return "a frame was too large";
    case 1013:
      return "it was too slow and cut off";
    default:
      return "see RFC 6455, 7.4";
  }
};
