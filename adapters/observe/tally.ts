import type {
  Effect,
  Event,
  Fact,
  FrameEvent,
  Refusal,
  RefusalCode,
  ServerMessage,
  SessionId,
} from "../../core/index.js";

/** What clients send, as the core reads it. */
export type ReceivedKind = FrameEvent["kind"];
/** What they are sent: a message for one session counts as what it is about. */
export type SentKind =
  | Exclude<ServerMessage["kind"], "Personal">
  | Extract<ServerMessage, { readonly kind: "Personal" }>["about"]["kind"];

/** `expired`: the session was over, or an older generation was asked for. `gap`: resumed, and some of what it missed is lost. */
export type ResumeOutcome = "resumed" | "gap" | "expired";
/** `delivered`, `kept`: as the sender is told. `stale`: of a negotiation that is over. `refused`: for another reason. */
export type SignalOutcome = "delivered" | "kept" | "stale" | "refused";

/** Everything that is counted from events, effects and facts. Numbers of what is there; the records only grow. */
export interface Tally {
  readonly received: Readonly<Record<ReceivedKind, number>>;
  readonly sent: Readonly<Record<SentKind, number>>;
  readonly refusals: Readonly<Record<RefusalCode, number>>;
  readonly signals: Readonly<Record<SignalOutcome, number>>;
  readonly resumes: Readonly<Record<ResumeOutcome, number>>;
  /** How often a node of the cluster was found to have made another state than this one. */
  readonly disagreements: () => number;
  /** Participants of all rooms. */
  readonly participants: () => number;
  /** Sessions in the shared half that have no socket. */
  readonly sessionsAway: () => number;
  /** Users that wait at a door, and have not been admitted. */
  readonly waiting: () => number;
  /** Counts an event and what came of it. */
  readonly observe: (event: Event, effects: ReadonlyArray<Effect>) => void;
}

/**
 * Counts what happens, a few additions an event. Nothing in it can grow without a bound: every record has the keys that it begins
 * with, and what it remembers of sessions and knocks is forgotten with them.
 */
export const tally = (): Tally => {
  const [received, sent, refusals] = [{ ...noneReceived }, { ...noneSent }, { ...noneRefused }];
  const signals = { delivered: 0, kept: 0, stale: 0, refused: 0 };
  const resumes = { resumed: 0, gap: 0, expired: 0 };
  let participants = 0;
  let disagreements = 0;
  const away = new Set<SessionId>();
  const knocks = new Set<string>();

  const follow = (fact: Fact): void => {
    switch (fact.kind) {
      case "RequestRefused":
        refusals[fact.refusal.code] += 1;
        return;
      case "NodeDisagreed":
        disagreements += 1;
        return;
      case "SessionAway":
        away.add(fact.session);
        return;
      case "SessionResumed":
      case "SessionEnded":
        away.delete(fact.session);
        return;
      case "ParticipantJoined":
        participants += 1;
        return;
      case "ParticipantLeft":
        participants -= 1;
        return;
      case "KnockMade":
        knocks.add(knockOf(fact));
        return;
      case "KnockAdmitted":
      case "KnockEnded":
        knocks.delete(knockOf(fact));
        return;
      default:
        return;
    }
  };

  return {
    received,
    sent,
    refusals,
    signals,
    resumes,
    disagreements: () => disagreements,
    participants: () => participants,
    sessionsAway: () => away.size,
    waiting: () => knocks.size,
    observe: (event, effects) => {
      if (event.kind === "ServerStarted") {
        participants = 0;
        away.clear();
        knocks.clear();
      }
      if (isFrame(event)) received[event.kind] += 1;
      for (const effect of effects) {
        if (effect.kind === "Send") sent[sentKindOf(effect.message)] += 1;
        else if (effect.kind === "Report") follow(effect.fact);
      }
      if (event.kind === "SignalRequested") {
        const outcome = signalOutcomeOf(event.id, effects);
        if (outcome !== undefined) signals[outcome] += 1;
      } else if (isResume(event) && !isPutOff(effects)) resumes[resumeOutcomeOf(effects)] += 1;
    },
  };
};

/** No id has a line feed in it. */
const knockOf = ({ room, user }: { readonly room: string; readonly user: string }): string => `${room}\n${user}`;

const sentKindOf = (message: ServerMessage): SentKind =>
  message.kind === "Personal" ? message.about.kind : message.kind;

/** The answer to the sender says it. Undefined for a sender that is gone, who is told nothing. */
const signalOutcomeOf = (id: number | undefined, effects: ReadonlyArray<Effect>): SignalOutcome | undefined => {
  for (const effect of effects) {
    const refusal = refusalIn(effect);
    if (refusal !== undefined) return refusal.code === "stale" ? "stale" : "refused";
    if (effect.kind !== "Send" || effect.message.kind !== "Personal") continue;
    const { about } = effect.message;
    if (about.kind === "Result" && about.id === id && about.outcome !== undefined) return about.outcome;
  }
  return undefined;
};

const refusalIn = (effect: Effect): Refusal | undefined =>
  effect.kind === "Report" && effect.fact.kind === "RequestRefused" ? effect.fact.refusal : undefined;

const isResume = (event: Event): boolean =>
  (event.kind === "ClientConnected" && event.greeting?.resume !== undefined) ||
  (event.kind === "Appended" && event.entry.kind === "ResumeSession");

/** With a log its outcome comes later, and where the log takes nothing the client is sent away. */
const isPutOff = (effects: ReadonlyArray<Effect>): boolean =>
  effects.some((effect) => effect.kind === "Append" || (effect.kind === "Close" && effect.code === 1013));

const resumeOutcomeOf = (effects: ReadonlyArray<Effect>): ResumeOutcome => {
  for (const effect of effects)
    if (effect.kind === "Send" && effect.message.kind === "Welcome" && effect.message.isResumed)
      return effect.message.gap === undefined ? "resumed" : "gap";
  return "expired";
};

const isFrame = (event: Event): event is FrameEvent => event.kind in noneReceived;

const noneReceived: Readonly<Record<ReceivedKind, number>> = {
  SubscribeRequested: 0,
  UnsubscribeRequested: 0,
  PingReceived: 0,
  TextReceived: 0,
  CreateRequested: 0,
  JoinRequested: 0,
  LeaveRequested: 0,
  RoomListRequested: 0,
  PublishRequested: 0,
  CloseRequested: 0,
  WithdrawRequested: 0,
  AdmitRequested: 0,
  DenyRequested: 0,
  LockRequested: 0,
  RemoveRequested: 0,
  UnbanRequested: 0,
  RoleRequested: 0,
  RosterRequested: 0,
  SignalRequested: 0,
  MessageRequested: 0,
  DirectoryRequested: 0,
  IceServersRequested: 0,
  AckReceived: 0,
  TokenRenewed: 0,
  ByeReceived: 0,
  FrameRefused: 0,
};

const noneSent: Readonly<Record<SentKind, number>> = {
  ClientCount: 0,
  RoomList: 0,
  Pong: 0,
  Echo: 0,
  Error: 0,
  Relay: 0,
  JoinRelay: 0,
  LeaveRelay: 0,
  SignalRelay: 0,
  Welcome: 0,
  RosterChanged: 0,
  Knocked: 0,
  KnockEnded: 0,
  DirectoryChanged: 0,
  Result: 0,
  Refused: 0,
  RoomLeft: 0,
  Admitted: 0,
  KnockOver: 0,
  Signal: 0,
  Crossing: 0,
  Message: 0,
};

const noneRefused: Readonly<Record<RefusalCode, number>> = {
  "invalid-message": 0,
  "binary-unsupported": 0,
  "no-channel": 0,
  "room-not-found": 0,
  "room-exists": 0,
  "not-allowed": 0,
  "too-many-channels": 0,
  "too-many-rooms": 0,
  "room-full": 0,
  "rate-limited": 0,
  "room-locked": 0,
  "too-many-waiting": 0,
  "not-in-room": 0,
  "no-such-participant": 0,
  gone: 0,
  waiting: 0,
  denied: 0,
  banned: 0,
  removed: 0,
  stale: 0,
  "too-large": 0,
  "token-invalid": 0,
  "token-expired": 0,
  "token-unverifiable": 0,
  "already-connected": 0,
  unavailable: 0,
};
