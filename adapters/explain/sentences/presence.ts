import { printable } from "../../observe/printable.js";
import type { Departure } from "../why/codes/presence.js";
import type { Finding } from "../why/finding.js";
import { closeCode, labelOf, listed, socketName, spanBetween, stamp, stamps } from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** No socket ever acted for this user. */
export const neverSeen = ({ person, named }: Of<"never-seen">): string => {
  const how =
    named.length === 0 ? "it appears only in a refused message" : `it was only addressed by others (${stamps(named)})`;
  return `No socket ever joined or published as ${labelOf(person)}: ${how}.`;
};

/** The two were never in the same room at the same time. */
export const neverTogether = ({ people }: Of<"never-together">): string => {
  const parts = people.map(({ person, joins }) =>
    joins.length === 0
      ? `${labelOf(person)} joined none`
      : `${labelOf(person)} joined ${listed(joins.map((join) => `${labelOf(join.room)} at ${stamp(join)}`))}`,
  );
  return `They were never in the same room at the same time: ${parts.join("; ")}.`;
};

/** A knock that did not end in the room. */
export const knockWithoutJoin = (found: Of<"knock-without-join">): string => {
  const { outcome, person, knock, host, reply, isUnheard } = found;
  const knocked = `${labelOf(person)} knocked at ${stamp(knock)}`;
  const at = reply === undefined ? "" : ` at ${stamp(reply)}`;
  switch (outcome) {
    case "withdrawn":
      return `${knocked} and withdrew${at}.`;
    case "unanswered": {
      const whom = host === undefined ? "the host" : labelOf(host);
      const unheard = isUnheard
        ? `: the knock reached nobody, so ${whom} was not subscribed to ${printable(knock.channel)}`
        : "";
      return `${knocked}, and ${whom} never answered${unheard}.`;
    }
    case "denied":
      return `${knocked} and was denied${at}.`;
    case "admitted":
      return `${knocked} and was admitted${at}, but never joined${isUnheard ? ": the admission reached nobody" : ""}.`;
  }
};

/** Who left first, and how. */
export const firstToGo = ({ person, departure, second }: Of<"first-to-go">): string => {
  const then =
    second === undefined
      ? ""
      : `; ${labelOf(second.person)} followed at ${stamp(second)}, ${spanBetween(departure, second)} later`;
  return `The first to leave was ${labelOf(person)}, who ${wentBy(departure)} at ${stamp(departure)}${then}.`;
};

const wentBy = (departure: Departure): string => {
  switch (departure.reason) {
    case "socket closed":
      return `disconnected (${closeCode(departure.code)})`;
    case "removed":
      return `was removed from room ${labelOf(departure.room)} by the host`;
    case "banned":
      return `was banned from room ${labelOf(departure.room)}`;
    case "lost":
      return `was away from room ${labelOf(departure.room)} for too long`;
    case "closed":
      return `left room ${labelOf(departure.room)} when it was closed`;
    case "left":
      return `left room ${labelOf(departure.room)}`;
    case "disconnected":
      return `left room ${labelOf(departure.room)} by disconnecting`;
  }
};

/** A person came back under another id. */
export const changedId = ({ person, former, ended, current, renewed }: Of<"changed-id">): string =>
  `${labelOf(person)} was ${printable(former)} before: that id ended at ${stamp(ended)}, and a user with the same name joined the same room as ${printable(current)} at ${stamp(renewed)}. Both are taken to be ${printable(person.name)}.`;

/** What was refused, why, and whether it was accepted later. */
export const refused = (found: Of<"refused">): string => {
  const { refusal, type, where, who, times, accepted } = found;
  const whom = "socket" in who ? `socket ${socketName(who.socket)}, which never named a user` : labelOf(who);
  const about = where === undefined ? "" : ` (${printable(where)})`;
  const often =
    times.length === 1
      ? `at ${stamps(times)} with ${refusal}`
      : `${times.length} times with ${refusal}, at ${stamps(times)}`;
  const then = accepted === undefined ? "" : ` It was accepted at ${stamp(accepted)}.`;
  const what = `${type === undefined ? "A message" : printable(type)}${about} of ${whom}`;
  return `${what}${forWhom(found)} was refused ${often}: ${reasonOf(found)}.${told(found)}${then}`;
};

const forWhom = ({ signal }: Of<"refused">): string => (signal === undefined ? "" : ` for ${labelOf(signal.to)}`);

/** A stale signal is told to its sender alone. */
const told = ({ refusal, signal, who }: Of<"refused">): string =>
  refusal !== "stale" || signal === undefined || "socket" in who
    ? ""
    : ` ${labelOf(who)}'s page was told so, and nothing of it reached ${labelOf(signal.to)}.`;

const staleOf = ({ negotiation, latest }: NonNullable<Of<"refused">["signal"]>): string =>
  `it belonged to negotiation ${negotiation}${latest === undefined ? "" : `, and the latest of the two is ${latest}`}`;

const reasonOf = ({ refusal, holder, signal }: Of<"refused">): string => {
  switch (refusal) {
    case "room-not-found":
      return "no such room was open. Create it first, and ask for the list again after a reconnect";
    case "room-full":
      return "the room had reached its participant limit (ROOM_PARTICIPANTS_MAX)";
    case "room-exists": {
      if (holder === undefined) return "a room with that id is open, and has another host";
      const same = holder.isSamePerson ? ", probably the same person under an old id" : "";
      return `the room is still open, and its host is ${labelOf(holder.host)}${same}`;
    }
    case "not-allowed":
      return "only a holder of the participant, or the host, may do that";
    case "rate-limited":
      return "the client exceeded its message rate, and the message was not relayed";
    case "no-channel":
      return "the message named no channel, so it was not relayed";
    case "too-many-channels":
      return "the client had reached its channel limit, and is not subscribed to this one";
    case "too-many-rooms":
      return "the client or the server had reached its room limit";
    case "invalid-message":
      return "a member of the message is missing or has the wrong type";
    case "binary-unsupported":
      return "messages must be text frames";
    case "room-locked":
      return "the room was locked";
    case "waiting":
      return "the room has a lobby, and nobody had admitted them yet";
    case "too-many-waiting":
      return "too many were waiting at the door (ROOM_WAITING_MAX)";
    case "denied":
    case "removed":
    case "banned":
      return `the user had been ${refusal}, and could not come back yet`;
    case "gone":
      return "nobody of that id was waiting at the door any more";
    case "not-in-room":
      return "the session was not in the room";
    case "no-such-participant":
      return "nobody of that id was in the room, other than the sender";
    case "stale":
      return signal === undefined ? "it belonged to a negotiation that a later offer had replaced" : staleOf(signal);
    case "too-large":
      return "the message was larger than the server relays (MESSAGE_CHARS_MAX)";
    case "token-invalid":
      return "the token was not accepted";
    case "token-unverifiable":
      return "the key server did not answer, so the token could not be verified";
    case "unavailable":
      return "the server could not write to its log (DATA)";
    case "already-connected":
      return "the user had a session already, and its token allowed one";
    case "token-expired":
      return "the token had expired";
  }
};
