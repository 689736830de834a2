import type { Attempt, Signal } from "../attempts.js";
import type { Person } from "../people.js";
import type { Position, Recording } from "../recording.js";
import type { Named, Sent } from "../who.js";
import type { Advice } from "./codes/advice.js";
import type { ComparisonFinding } from "./codes/control.js";
import type { AnswerFinding, DeliveryFinding } from "./codes/delivery.js";
import type { CandidateFinding, PresenceFinding, RefusalFinding } from "./codes/presence.js";
import type { SessionFinding } from "./codes/session.js";

/** How an attempt ended. */
export type AttemptResult =
  | "undelivered"
  | "unanswered"
  | "overtaken"
  | "answer-late"
  | "neither-gave-way"
  | "both-gave-way"
  | "answered-former-id"
  | "answered-name"
  | "answered-twice"
  | "answer-lost"
  | "complete";

/** One attempt to connect, and how it ended. */
export interface AttemptSummary {
  /** Counts the attempts of the two, from 1. */
  readonly number: number;
  readonly result: AttemptResult;
  readonly offers: ReadonlyArray<Sent>;
  /** The offer that the result is about. */
  readonly offer?: Sent;
  readonly answers: ReadonlyArray<Position>;
  readonly answer?: Sent & { readonly socket: number; readonly to?: string };
  /** Answers of other sockets of the same person. */
  readonly rivals: ReadonlyArray<Position & { readonly socket: number }>;
  readonly candidates: ReadonlyArray<{ readonly person: Named; readonly count: number }>;
}

/** Findings about attempts, and the headings of answers about several people. */
export type AttemptFinding =
  | ({ readonly code: "attempt" } & AttemptSummary)
  | { readonly code: "attempts-left-out"; readonly count: number }
  | { readonly code: "earlier"; readonly finding: Finding }
  | {
      readonly code: "never-offered";
      readonly from: Named;
      readonly to: Named;
      /** The offers that `from` made, and for whom they were. */
      readonly offers: ReadonlyArray<Position>;
      readonly targets: ReadonlyArray<Named | undefined>;
      /** Other signals that passed between them. */
      readonly others: ReadonlyArray<Position>;
    }
  | { readonly code: "pair"; readonly from: Named; readonly to: Named }
  /** Absent for signals of which the server does not know the room. */
  | { readonly code: "room"; readonly room?: Named }
  | { readonly code: "person"; readonly person: Named; readonly isAlone: boolean }
  | { readonly code: "outcome-with"; readonly other: Named; readonly attempts: number; readonly last?: AttemptSummary };

type FindingMembers =
  | DeliveryFinding
  | AnswerFinding
  | CandidateFinding
  | PresenceFinding
  | RefusalFinding
  | SessionFinding
  | ComparisonFinding
  | AttemptFinding
  | { readonly code: "next"; readonly advice: Advice };

/** Something that was found: a code with its members, and the numbers of the events that it is based on, without duplicates. */
export type Finding = { readonly events: ReadonlyArray<number> } & FindingMembers;

/** Makes a finding from its members and the events that it is based on. */
export const finding = (events: ReadonlyArray<Position>, members: FindingMembers): Finding => ({
  events: [...new Set(events.map(({ event }) => event))],
  ...members,
});

/** Makes a finding from a piece of advice. */
export const nextStep = (advice: Advice, ...events: ReadonlyArray<Position>): Finding =>
  finding(events, { code: "next", advice });

/** The event and the time alone. */
export const positionOf = ({ event, at }: Position): Position => ({ event, at });

/** The positions that are not undefined. */
export const defined = (positions: ReadonlyArray<Position | undefined>): ReadonlyArray<Position> =>
  positions.flatMap((position) => position ?? []);

/** A signal as a member of a finding. */
export const sentOf = (signal: Signal): Sent => ({ ...positionOf(signal), sender: signal.sender.named });

/** A member to be spread into an object: none where the value is undefined. */
export const optional = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };

/** What passed between two people. */
export interface Exchange {
  readonly recording: Recording;
  readonly from: Person;
  readonly to: Person;
  readonly signals: ReadonlyArray<Signal>;
  readonly attempts: ReadonlyArray<Attempt>;
}

/** A question why one user did not reach another, with what it is answered from. */
export interface Inquiry extends Exchange {
  /** Everybody in the recording. */
  readonly people: ReadonlyArray<Person>;
  /** The silence after which the server cut a socket off. */
  readonly cutAfterMs: number;
}

/** The conclusion about the last attempts, what to do next, and the details. */
export interface Verdict {
  readonly conclusion: Finding;
  readonly next: Finding;
  readonly details: ReadonlyArray<Finding>;
}

/** The one that happened last, if there is any. */
export const latest = <S extends Position>(positions: Iterable<S>): S | undefined => {
  let found: S | undefined;
  for (const position of positions) if (found === undefined || position.event > found.event) found = position;
  return found;
};

/** The event at which the server stopped, if it did: what ends from there on was ended by the server. */
export const stopOf = ({ incidents }: Recording): number =>
  incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
