import type { Position } from "../../recording.js";
import type { ActingSocket, Named, Sent, SocketOwner } from "../../who.js";

/** The end of a socket. */
export interface End extends Position {
  readonly code: number;
  readonly socket: number;
}

/** A channel that only one of them uses, and that is a letter or two away from the one that several others use. */
export interface MistypedChannel {
  readonly person: Named;
  readonly channel: string;
  readonly common: string;
  /** How many other sockets use the common one. */
  readonly others: number;
}

/** Why a message did not reach its recipient. */
export type Absence =
  | { readonly code: "addressed-to-name"; readonly to: string; readonly receiver: Named }
  | {
      readonly code: "not-connected";
      readonly receiver: Named;
      readonly disconnected?: Position & { readonly code: number };
      readonly connected?: Position;
    }
  | {
      /** They were away, and it was kept until it was lost with the session, or the recording ends. */
      readonly code: "away";
      readonly receiver: Named;
      readonly since?: Position;
      /** When their session ended, or when they came back and it was among what had been dropped. */
      readonly ended?: Position;
      readonly back?: Position;
    }
  /** It was passed on to the nodes where they were, and nobody there said in time what became of it. */
  | {
      readonly code: "no-reply";
      readonly receiver: Named;
      readonly nodes: ReadonlyArray<string>;
      /** When the others gave one of these nodes up. */
      readonly lost?: Position & { readonly node: string };
    }
  /** They speak the protocol whose signals are for the participants of a room, and were in none with the sender. */
  | { readonly code: "names-nobody"; readonly receiver: Named }
  | { readonly code: "no-room-in-common"; readonly receiver: Named }
  | { readonly code: "never-acted"; readonly receiver: Named; readonly keptFrom: ReadonlyArray<ActingSocket> }
  | {
      readonly code: "not-subscribed";
      readonly receiver: Named;
      readonly channel: string;
      readonly sockets: ReadonlyArray<number>;
      /** The channels that they were subscribed to. */
      readonly instead: ReadonlyArray<string>;
      readonly unsubscribed?: Position;
      /** When they subscribed later. */
      readonly subscribed?: Position;
      readonly joined?: Position;
      readonly mistyped?: MistypedChannel;
    }
  | { readonly code: "only-socket-is-the-senders"; readonly receiver: Named; readonly socket: number }
  | {
      readonly code: "known-for-others";
      readonly receiver: Named;
      readonly sockets: ReadonlyArray<ActingSocket>;
      readonly learnt?: Position;
    };

/** Findings about messages that did not arrive. */
export type DeliveryFinding =
  | {
      readonly code: "not-delivered";
      readonly message: Sent & { readonly type: string };
      readonly receiver: Named;
      readonly receivers: ReadonlyArray<SocketOwner>;
      readonly reason: Absence;
      /** When a socket that never named a user subscribed to the channel. */
      readonly anonymousSubscribed?: Position;
    }
  | { readonly code: "not-delivered-either"; readonly offers: ReadonlyArray<Position> };

/** What is known of somebody who did not answer. */
export interface SignOfLife {
  /** The last that was heard before the offer, where nothing was heard after it. */
  readonly silentSince?: Position;
  readonly heardAgain?: Position;
  readonly ended?: End;
  /** Whether the room list showed them until then. */
  readonly isListedUntilEnd: boolean;
  readonly back?: Position & { readonly socket: number };
}

/** Findings about offers and their answers. */
export type AnswerFinding =
  | ({
      readonly code: "no-answer";
      readonly offers: ReadonlyArray<Position>;
      readonly sender: Named;
      readonly receiver: Named;
      readonly sockets: ReadonlyArray<number>;
      /** Whether the sockets are known to be the receiver's; otherwise they never named a user. */
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
      /** When the receiver left the room list meanwhile, and was back. */
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
      /** Whom the server told to give way, where it told both of the crossing. */
      readonly polite?: Named;
      /** How long both were still there, and nobody tried again. */
      readonly idleMs?: number;
    };
