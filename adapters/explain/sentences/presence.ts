import { printable } from "../../observe/printable.js";
import type { Departure } from "../why/codes/presence.js";
import type { Finding } from "../why/finding.js";
import { closeCode, labelOf, listed, spanBetween, stamp, stamps } from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** Nobody ever acted as this user. */
export const neverSeen = ({ person, named }: Of<"never-seen">): string => {
  const how =
    named.length === 0 ? "it is only known from a refused message" : `it was only named by others (${stamps(named)})`;
  return `No socket ever joined or published as ${labelOf(person)}: ${how}.`;
};

/** The two were never in one room at one time. */
export const neverTogether = ({ people }: Of<"never-together">): string => {
  const parts = people.map(({ person, joins }) =>
    joins.length === 0
      ? `${labelOf(person)} joined none`
      : `${labelOf(person)} joined ${listed(joins.map((join) => `${labelOf(join.room)} at ${stamp(join)}`))}`,
  );
  return `They were never in one room at the same time: ${parts.join(", ")}.`;
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
        ? `, and the knock reached nobody: ${whom} was not listening on ${printable(knock.channel)}`
        : "";
      return `${knocked}, and ${whom} never answered${unheard}.`;
    }
    case "denied":
      return `${knocked} and was denied${at}.`;
    case "admitted":
      return `${knocked} and was admitted${at}, but never joined${isUnheard ? ": the message reached nobody" : ""}.`;
  }
};

/** Who left first, and how. */
export const firstToGo = ({ person, departure, second }: Of<"first-to-go">): string => {
  const then =
    second === undefined
      ? ""
      : `; ${labelOf(second.person)} followed at ${stamp(second)}, ${spanBetween(departure, second)} later`;
  return `The first to go was ${labelOf(person)}, who ${wentBy(departure)} at ${stamp(departure)}${then}.`;
};

const wentBy = (departure: Departure): string => {
  switch (departure.reason) {
    case "closed":
      return `disconnected (${closeCode(departure.code)})`;
    case "removed":
      return `was removed from room ${labelOf(departure.room)} by the host`;
    case "left":
      return `left room ${labelOf(departure.room)}`;
    case "disconnected":
      return `left room ${labelOf(departure.room)} by disconnecting`;
  }
};

/** Somebody came back under another id. */
export const changedId = ({ person, former, ended, current, renewed }: Of<"changed-id">): string =>
  `${labelOf(person)} was ${printable(former)} before: that one went at ${stamp(ended)}, and somebody of the same name came into the same room as ${printable(current)} at ${stamp(renewed)}. Both are taken to be ${printable(person.name)}.`;

/** What was refused, why, and whether it was accepted later. */
export const refused = (found: Of<"refused">): string => {
  const { refusal, type, where, who, times, accepted } = found;
  const whom = "socket" in who ? `socket ${who.socket}, which never said who it is` : labelOf(who);
  const about = where === undefined ? "" : ` (${printable(where)})`;
  const often = times.length === 1 ? "" : `, ${times.length} times`;
  const then = accepted === undefined ? "" : ` It went through at ${stamp(accepted)}.`;
  return `Refused at ${stamps(times)}: ${type === undefined ? "a message" : printable(type)}${about} of ${whom}, ${refusal}${often}; ${reasonOf(found)}.${then}`;
};

const reasonOf = ({ refusal, holder }: Of<"refused">): string => {
  switch (refusal) {
    case "room-not-found":
      return "the room was not open, or not any more: create it first, and ask for the list after a reconnect";
    case "room-full":
      return "the room had all the participants it may have (ROOM_PARTICIPANTS_MAX)";
    case "room-exists": {
      if (holder === undefined) return "another host holds a room of that id";
      const same = holder.isSamePerson ? ", who is most likely the same person under an old id" : "";
      return `the room is still there, and held by the host ${labelOf(holder.host)}${same}`;
    }
    case "not-allowed":
      return "only who joined, or the host, may do that";
    case "rate-limited":
      return "the client sent more than its rate, and nothing of that was relayed";
    case "no-channel":
      return "the message named no channel, so it was relayed to nobody";
    case "too-many-channels":
      return "the client has all the channels it may have, and does not hear this one";
    case "too-many-rooms":
      return "the client or the server has all the rooms it may have";
    case "invalid-message":
      return "the message lacks a member, or one is of the wrong kind";
    case "binary-unsupported":
      return "messages must be text frames";
  }
};
