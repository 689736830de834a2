import type { ParticipantLeftReason } from "../../../../core/index.js";
import type { Position, Refused } from "../../recording.js";
import type { SignalKind } from "../../signal-kind.js";
import type { Named, Sent } from "../../who.js";

/** What one side offered: its candidates by type, and where they are. */
export interface OfferedCandidates {
  readonly person: Named;
  readonly types: Readonly<Record<string, number>>;
  readonly places: ReadonlyArray<{ readonly address?: string; readonly transports: ReadonlyArray<string> }>;
  /** The addresses are of nobody else in the recording. */
  readonly isAlone: boolean;
}

/** What the addresses of both sides have in common. */
export type Relation = "shared" | "hidden" | "host-only" | "separate";

/** The candidates of both sides, compared. */
export interface Comparison {
  readonly relation: Relation;
  readonly shared: ReadonlyArray<string>;
  readonly sides: ReadonlyArray<OfferedCandidates>;
}

/** Findings about candidates. */
export type CandidateFinding =
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

/** Findings about who was there. */
export type PresenceFinding =
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
      /** The host, if the knock names one. */
      readonly host?: Named;
      readonly reply?: Position;
      /** The knock, or the reply to it, was delivered to nobody. */
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

/** How somebody left: a room, or with their last socket. */
export type Departure = Position &
  (
    | { readonly reason: ParticipantLeftReason; readonly room: Named }
    | { readonly reason: "socket closed"; readonly code: number }
  );

/** Refused requests of one of the two. */
export type RefusalFinding = {
  readonly code: "refused";
  readonly refusal: Refused["code"];
  /** The type of the refused message, where it could be read. */
  readonly type?: string;
  readonly where?: string;
  /** The user, or a socket that never named a user. */
  readonly who: Named | { readonly socket: number };
  readonly times: ReadonlyArray<Position>;
  /** Of signals: whom they were for, and the number of the last one's negotiation and, where it is stale, of the latest. */
  readonly signal?: { readonly to: Named; readonly negotiation: number; readonly latest?: number };
  /** For `room-exists`: who holds the room, and whether they seem to be the same person under an old id. */
  readonly holder?: { readonly host: Named; readonly isSamePerson: boolean };
  /** When the request was accepted later. */
  readonly accepted?: Position;
};
