import type { Comparison, OfferedCandidates } from "../why/codes/presence.js";
import type { Finding } from "../why/finding.js";
import { labelOf, listed, stamp, stampBy, stamps } from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** Offer, answer and candidates arrived, with what the candidates have in common. */
export const signallingComplete = (found: Of<"signalling-complete">): string => {
  const { complete, attempts, isUncertain, comparison } = found;
  const uncertain = isUncertain ? " Candidates may have been in texts that were not recorded." : "";
  const compared = comparison === undefined ? "" : ` ${comparisonOf(comparison)}`;
  return `Signalling was complete${howOften(complete, attempts)}. Whether ICE then connected the two is not in the recording.${uncertain}${compared}`;
};

const howOften = (complete: number, all: number): string => {
  if (complete < all) return complete === 1 ? " in the last attempt" : ` in the last ${complete} attempts`;
  return all === 1 ? "" : all === 2 ? ", both times" : `, all ${all} times`;
};

const comparisonOf = ({ relation, shared, sides }: Comparison): string =>
  `${relationOf(relation, shared)}: ${sides.map(offeredBy).join("; ")}.`;

const relationOf = (relation: Comparison["relation"], shared: ReadonlyArray<string>): string => {
  switch (relation) {
    case "shared":
      return `Both offered ${listed(shared)}, so they are probably on one machine or network (two networks can use the same private addresses)`;
    case "hidden":
      return "Their browsers hide addresses (mDNS), so these cannot be compared";
    case "host-only":
      return "Neither has an address from a STUN or TURN server (srflx, relay)";
    case "separate":
      return "They share no address, as is usual across networks";
  }
};

/** `Bob (b7) offered 1 host candidate: IPv4 192.0.2.56 (UDP), not offered by anybody else in the recording` */
const offeredBy = ({ person, types, places, isAlone }: OfferedCandidates): string => {
  const counts = Object.entries(types).map(([type, count]) => `${count} ${type}`);
  const all = Object.values(types).reduce((sum, count) => sum + count, 0);
  const at = places.length === 1 && all > 1 ? ", all at" : ":";
  const where = places.map(({ address, transports }) => `${placeOf(address)} (${transports.join(", ")})`);
  const alone = isAlone ? ", not offered by anybody else in the recording" : "";
  return `${labelOf(person)} offered ${counts.join(", ")} candidate${all === 1 ? "" : "s"}${at} ${listed(where)}${alone}`;
};

const placeOf = (address: string | undefined): string =>
  address === undefined ? "an address hidden by the browser" : `${address.includes(":") ? "IPv6" : "IPv4"} ${address}`;

/** Only candidates are missing. */
export const otherwiseComplete = ({ offer, answer }: Of<"otherwise-complete">): string =>
  offer === undefined
    ? `The rest of the signalling was complete: the answer ${stamp(answer)} of ${labelOf(answer.sender)} arrived; its offer is not in the recording.`
    : `The rest of the signalling was complete: the offer ${stampBy(offer)} and the answer ${stampBy(answer)} arrived.`;

/** Candidates came before their description. */
export const candidatesEarly = ({ person, candidates, description }: Of<"candidates-early">): string => {
  const what =
    description === undefined
      ? "an offer or answer, and none came"
      : `the ${description.signalKind}, ${stamp(description)}`;
  return `Candidates of ${labelOf(person)} (${stamps(candidates)}) arrived before ${what}. A page that does not queue them loses them.`;
};

/** How the addresses of the two compare with those of their other partners. */
export const comparedWithOthers = ({ pairs, isShared, bridges }: Of<"compared-with-others">): string => {
  const parts = pairs.map(({ person, other, shared }) => {
    const two = `${labelOf(person)} and ${labelOf(other)}`;
    if (shared.length > 0) return `${two} share ${listed(shared)} (one machine, or behind one router)`;
    return `${two} share no address${isShared ? "" : " either"}`;
  });
  const so =
    bridges.length === 0
      ? ""
      : ` Both exchanged descriptions with ${listed(bridges.map(labelOf))}: if those calls connected, only the route between the two is missing.`;
  return `For comparison: ${parts.join("; ")}.${so}`;
};
