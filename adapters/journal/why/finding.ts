import { type Person, type Session, type Signal, type Spot, span } from "../exchange.js";

/** One sentence of an answer, and the events that it rests on. */
export interface Finding {
  readonly events: ReadonlyArray<number>;
  readonly sentence: string;
}

/** What is known when it is asked why one user did not reach the other. */
export interface Inquiry {
  readonly session: Session;
  readonly from: Person;
  readonly to: Person;
  readonly signals: ReadonlyArray<Signal>;
  /** The answer that belongs to an offer. */
  readonly answers: ReadonlyMap<Signal, Signal>;
}

/** What became of an exchange, and what to look at next. */
export interface Fate {
  readonly findings: ReadonlyArray<Finding>;
  readonly isComplete: boolean;
  readonly next: Finding;
}

/** A sentence with the numbers of its events, each once. */
export const finding = (events: ReadonlyArray<Spot>, sentence: string): Finding => ({
  events: [...new Set(events.map(({ event }) => event))],
  sentence,
});

/** The last of an answer: what to look at. */
export const next = (sentence: string, ...events: ReadonlyArray<Spot>): Finding => finding(events, `Next: ${sentence}`);

/** Of a longer list the rest is counted. */
export const shownMax = 8;

/** With commas, and at most so many. */
export const listed = (words: ReadonlyArray<string>): string =>
  words.length > shownMax
    ? `${words.slice(0, shownMax).join(", ")} and ${words.length - shownMax} more`
    : words.join(", ");

/** `#7, #9` */
export const numbers = (spots: ReadonlyArray<Spot>): string => listed(spots.map(({ event }) => `#${event}`));

/** `sockets 1, 2` */
export const sockets = (ids: ReadonlyArray<number>): string =>
  `socket${ids.length === 1 ? "" : "s"} ${listed(ids.map(String))}`;

/** The time between two. */
export const apart = (a: Spot, b: Spot): string => span(Math.abs(a.at - b.at));

/** The one that happened last. */
export const latest = <S extends Spot>(spots: ReadonlyArray<S>): S | undefined =>
  spots.reduce<S | undefined>(
    (found, spot) => (found === undefined || spot.event > found.event ? spot : found),
    undefined,
  );
