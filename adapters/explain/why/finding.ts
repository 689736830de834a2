import type { Attempt, Signal } from "../attempts.js";
import type { Person } from "../people.js";
import type { Position, Recording, Refused, SignalKind } from "../recording.js";
import type { ActingSocket, Named, Sent, SocketOwner } from "../who.js";

/** The end of a socket. */
export interface End extends Position {
  readonly code: number;
  readonly socket: number;
}

/** Why somebody did not get a message that was for them. */
export type Absence =
  | { readonly code: "addressed-to-name"; readonly to: string; readonly receiver: Named }
  | {
      readonly code: "not-connected";
      readonly receiver: Named;
      readonly disconnected?: Position & { readonly code: number };
      readonly connected?: Position;
    }
  | { readonly code: "never-acted"; readonly receiver: Named; readonly keptFrom: ReadonlyArray<ActingSocket> }
  | {
      readonly code: "not-subscribed";
      readonly receiver: Named;
      readonly channel: string;
      readonly sockets: ReadonlyArray<number>;
      /** The channels that they were subscribed to. */
      readonly instead: ReadonlyArray<string>;
      readonly unsubscribed?: Position;
      /** When they subscribed after all. */
      readonly subscribed?: Position;
      readonly joined?: Position;
    }
  | { readonly code: "only-socket-is-the-senders"; readonly receiver: Named; readonly socket: number }
  | {
      readonly code: "known-for-others";
      readonly receiver: Named;
      readonly sockets: ReadonlyArray<ActingSocket>;
      readonly learnt?: Position;
    };

type DeliveryFinding =
  | {
      readonly code: "not-delivered";
      readonly message: Sent & { readonly type: string };
      readonly receiver: Named;
      readonly receivers: ReadonlyArray<SocketOwner>;
      readonly reason: Absence;
      /** When a socket that never said who it is subscribed to the channel. */
      readonly anonymousSubscribed?: Position;
    }
  | { readonly code: "not-delivered-either"; readonly offers: ReadonlyArray<Position> };

/** What was seen of somebody who did not answer. */
export interface SignOfLife {
  /** The last that was heard before the offer, where nothing was heard after it. */
  readonly silentSince?: Position;
  readonly heardAgain?: Position;
  readonly ended?: End;
  /** Whether the list showed them until then. */
  readonly isListedUntilEnd: boolean;
  readonly back?: Position & { readonly socket: number };
}

type AnswerFinding =
  | ({
      readonly code: "no-answer";
      readonly offers: ReadonlyArray<Position>;
      readonly sender: Named;
      readonly receiver: Named;
      readonly sockets: ReadonlyArray<number>;
      /** Whether the sockets are known to be the receiver's; otherwise they never said who they are. */
      readonly isCertain: boolean;
    } & SignOfLife)
  | {
      readonly code: "answered-others";
      readonly sender: Named;
      readonly receiver: Named;
      readonly answers: ReadonlyArray<Position & { readonly to: Named }>;
    }
  | { readonly code: "answer-lost"; readonly answer: Sent; readonly offer?: Position }
  | {
      readonly code: "answered-former-id";
      readonly answers: ReadonlyArray<Position>;
      readonly sender: Named;
      readonly receiver: Named;
      readonly former: string;
      readonly ended?: Position & { readonly code: number };
      readonly renewed?: Position;
    }
  | {
      readonly code: "answer-to-strangers";
      readonly answer: Position;
      readonly receivers: ReadonlyArray<SocketOwner>;
    }
  | {
      readonly code: "answered-name";
      readonly answers: ReadonlyArray<Position>;
      readonly sender: Named;
      readonly receiver: Named;
      readonly to: string;
    }
  | {
      readonly code: "answered-twice";
      readonly sender: Named;
      readonly receiver: Named;
      readonly sockets: ReadonlyArray<{ readonly socket: number; readonly since: Position }>;
      readonly addresses: ReadonlyArray<string>;
      readonly answers: ReadonlyArray<Position & { readonly socket: number }>;
    }
  | {
      readonly code: "no-second-offer";
      readonly sender: Named;
      readonly receiver: Named;
      readonly stayedMs: number;
      readonly end?: Position;
      /** When the list had lost the receiver meanwhile, and had them back. */
      readonly lost?: Position;
      readonly back?: Position;
    }
  | { readonly code: "offer-overtaken"; readonly offer: Sent; readonly answer: Sent }
  | { readonly code: "answer-late"; readonly offer: Sent; readonly newer: Position; readonly answer: Sent }
  | {
      readonly code: "glare";
      /** Both sides answered the other's offer; otherwise neither did. */
      readonly isAnswered: boolean;
      readonly offers: readonly [Sent, Sent];
      readonly answers: ReadonlyArray<Sent>;
      /** How long both were still there, and nobody tried again. */
      readonly idleMs?: number;
    };

/** What one side offered: its candidates by type, and where they are. */
export interface OfferedCandidates {
  readonly person: Named;
  readonly types: Readonly<Record<string, number>>;
  readonly places: ReadonlyArray<{ readonly address?: string; readonly transports: ReadonlyArray<string> }>;
  /** Nobody else in the recording has any of the addresses. */
  readonly isAlone: boolean;
}

/** What the addresses of both sides have in common. */
export type Relation = "shared" | "hidden" | "host-only" | "separate";

export interface Comparison {
  readonly relation: Relation;
  readonly shared: ReadonlyArray<string>;
  readonly sides: ReadonlyArray<OfferedCandidates>;
}

type CandidateFinding =
  | {
      readonly code: "signalling-complete";
      /** Attempts that were complete at the end, of all. */
      readonly complete: number;
      readonly attempts: number;
      /** Candidates may have stood in texts that were not recorded. */
      readonly isUncertain: boolean;
      readonly comparison?: Comparison;
    }
  | { readonly code: "no-candidates"; readonly person: Named }
  | { readonly code: "otherwise-complete"; readonly offer?: Sent; readonly answer: Sent }
  | {
      readonly code: "candidates-early";
      readonly person: Named;
      readonly candidates: ReadonlyArray<Position>;
      readonly description?: Position & { readonly signalKind: SignalKind };
    }
  | {
      readonly code: "compared-with-others";
      readonly pairs: ReadonlyArray<{
        readonly person: Named;
        readonly other: Named;
        readonly shared: ReadonlyArray<string>;
      }>;
      /** The two share an address with each other. */
      readonly isShared: boolean;
      /** With whom both exchanged descriptions, sharing no address either. */
      readonly bridges: ReadonlyArray<Named>;
    };

type PresenceFinding =
  | { readonly code: "never-seen"; readonly person: Named; readonly named: ReadonlyArray<Position> }
  | {
      readonly code: "never-together";
      readonly people: ReadonlyArray<{
        readonly person: Named;
        readonly joins: ReadonlyArray<Position & { readonly room: Named }>;
      }>;
    }
  | {
      readonly code: "knock-without-join";
      readonly outcome: "withdrawn" | "unanswered" | "denied" | "admitted";
      readonly person: Named;
      readonly knock: Position & { readonly channel: string };
      /** Whom they asked, where the knock says so. */
      readonly host?: Named;
      readonly reply?: Position;
      /** The knock, or the reply to it, reached nobody. */
      readonly isUnheard: boolean;
    }
  | {
      readonly code: "first-to-go";
      readonly person: Named;
      readonly departure: Departure;
      readonly second?: Position & { readonly person: Named };
    }
  | {
      readonly code: "changed-id";
      readonly person: Named;
      readonly former: string;
      readonly ended: Position;
      readonly current: string;
      readonly renewed: Position;
    };

/** How somebody went: from a room, or with their last socket. */
export type Departure = Position &
  (
    | { readonly how: "left" | "removed" | "disconnected"; readonly room: Named }
    | { readonly how: "closed"; readonly code: number }
  );

type RefusalFinding = {
  readonly code: "refused";
  readonly refusal: Refused["code"];
  readonly what: string;
  readonly where?: string;
  /** Who, or else which socket, which never said who it is. */
  readonly who: Named | { readonly socket: number };
  readonly times: ReadonlyArray<Position>;
  /** For `room-exists`: who holds the room, and whether they seem to be the same person under an old id. */
  readonly holder?: { readonly host: Named; readonly isSamePerson: boolean };
  /** When it went through after all. */
  readonly accepted?: Position;
};

/** How an attempt ended. */
export type AttemptResult =
  | "undelivered"
  | "unanswered"
  | "outrun"
  | "late"
  | "neither-gave-way"
  | "both-gave-way"
  | "answered-former-id"
  | "answered-name"
  | "answered-twice"
  | "answer-lost"
  | "complete";

export interface AttemptSummary {
  readonly n: number;
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

type AttemptFinding =
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
  | { readonly code: "person"; readonly person: Named; readonly isAlone: boolean }
  | { readonly code: "with"; readonly other: Named; readonly attempts: number; readonly last?: AttemptSummary };

/** What to do, or to look at, next. */
export type Advice =
  | { readonly code: "fix-first-cause" }
  | { readonly code: "compare-ids"; readonly from: Named; readonly to: Named }
  | { readonly code: "why-no-call" }
  | { readonly code: "address-by-room-list"; readonly sender: Named; readonly receiver: Named }
  | {
      readonly code: "subscribe-before-join";
      readonly sender: Named;
      readonly receiver: Named;
      readonly channel: string;
    }
  | {
      readonly code: "be-there-first";
      readonly sender: Named;
      readonly receiver: Named;
      readonly channel: string;
      readonly offer: Position;
    }
  | { readonly code: "answer-to-sender"; readonly receiver: Named; readonly sender: Named }
  | {
      readonly code: "lost-connection";
      readonly receiver: Named;
      readonly sender: Named;
      readonly ended: Position;
      /** The silence after which the server cuts a socket off. */
      readonly cutAfterMs: number;
      readonly isBack: boolean;
    }
  | {
      readonly code: "gone-before-answer";
      readonly receiver: Named;
      readonly sender: Named;
      readonly ended: End;
      readonly isBack: boolean;
    }
  | {
      readonly code: "page-did-not-answer";
      readonly receiver: Named;
      readonly offer: Position;
      readonly isHeard: boolean;
    }
  | { readonly code: "offerer-was-away"; readonly receiver: Named; readonly answer: Position }
  | { readonly code: "call-the-other-way"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "one-window"; readonly sender: Named; readonly receiver: Named }
  | { readonly code: "one-offer-at-a-time"; readonly sender: Named }
  | { readonly code: "give-way-by-rule" }
  | { readonly code: "send-candidates" }
  | { readonly code: "check-candidates"; readonly because: CandidateAdvice };

export type CandidateAdvice =
  | { readonly code: "texts-not-recorded" | "blocked-nearby" | "relay-was-there" | "no-nat" | "host-only" | "no-relay" }
  | { readonly code: "stun-unreachable"; readonly person: Named };

type Said =
  | DeliveryFinding
  | AnswerFinding
  | CandidateFinding
  | PresenceFinding
  | RefusalFinding
  | AttemptFinding
  | { readonly code: "next"; readonly advice: Advice };

/** One thing that was found, as a code with its members, and the numbers of the events that it rests on, each once. */
export type Finding = { readonly events: ReadonlyArray<number> } & Said;

export const finding = (events: ReadonlyArray<Position>, said: Said): Finding => ({
  events: [...new Set(events.map(({ event }) => event))],
  ...said,
});

export const next = (advice: Advice, ...events: ReadonlyArray<Position>): Finding =>
  finding(events, { code: "next", advice });

/** The part of something that says where in the recording it is. */
export const positionOf = ({ event, at }: Position): Position => ({ event, at });

/** The positions that are known. */
export const known = (positions: ReadonlyArray<Position | undefined>): ReadonlyArray<Position> =>
  positions.flatMap((position) => position ?? []);

export const sentOf = (signal: Signal): Sent => ({ ...positionOf(signal), sender: signal.sender.named });

/** `{ [name]: value }`, or nothing where there is no value. */
export const given = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };

/** What is known when it is asked why one user did not reach the other. */
export interface Inquiry {
  readonly recording: Recording;
  /** Everybody in the recording. */
  readonly people: ReadonlyArray<Person>;
  readonly from: Person;
  readonly to: Person;
  readonly signals: ReadonlyArray<Signal>;
  readonly attempts: ReadonlyArray<Attempt>;
  /** The silence after which the server cut a socket off. */
  readonly cutAfterMs: number;
}

/** What is found of the last attempt, and of those before it that ended likewise. */
export interface Verdict {
  readonly conclusion: Finding;
  readonly next: Finding;
  readonly details: ReadonlyArray<Finding>;
}

/** The one that happened last. */
export const latest = <S extends Position>(positions: Iterable<S>): S | undefined => {
  let found: S | undefined;
  for (const position of positions) if (found === undefined || position.event > found.event) found = position;
  return found;
};

/** The end of the server, or of the recording: what ends there says nothing about who it was. */
export const stopOf = ({ incidents }: Recording): number =>
  incidents.find(({ kind }) => kind === "stop")?.event ?? Number.POSITIVE_INFINITY;
