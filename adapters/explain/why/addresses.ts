import { type Attempt, isDelivered, signalsOf } from "../attempts.js";
import { isBy, labelOf, type Person } from "../people.js";
import type { Candidate, Position, Recording } from "../recording.js";
import { type Finding, finding, type Inquiry, listed, shownMax } from "./finding.js";

/** What the candidates of an attempt have in common, and what that asks for. */
export interface Comparison {
  readonly sentence: string;
  readonly positions: ReadonlyArray<Position>;
  readonly advice: string;
  readonly contrasts: ReadonlyArray<Finding>;
}

/** What one side offered in one attempt. */
interface Offered {
  readonly person: Person;
  readonly candidates: ReadonlyArray<Candidate>;
}

export const compared = (inquiry: Inquiry, attempt: Attempt): Comparison => {
  const { from, to } = inquiry;
  const signals = signalsOf(attempt).filter((signal) => signal.candidates.length > 0 && isDelivered(signal));
  const sides = [from, to].map((person) => ({
    person,
    candidates: signals.filter(({ sender }) => sender === person).flatMap(({ candidates }) => candidates),
  }));
  const [a, b] = sides;
  if (a === undefined || b === undefined || sides.some(({ candidates }) => candidates.length === 0))
    return { sentence: "", positions: [], advice: unknown, contrasts: [] };
  const shared = sharedBy(a.candidates, b.candidates);
  const positions = sides.flatMap(({ person }) => signals.filter(({ sender }) => sender === person).slice(0, 1));
  return {
    sentence: ` ${common(a, b)}: ${sides.map((side) => described(inquiry.recording, side)).join("; ")}.`,
    positions,
    advice: adviceFor(a, b, sides.every(isSeenAsOffered)),
    contrasts: isHidden(a) || isHidden(b) ? [] : contrasts(inquiry, shared.length > 0),
  };
};

const unknown =
  "compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); this recording kept too little of the texts to tell (one with RECORD_PAYLOADS=redacted, the default, keeps the types and, in disguise, the addresses).";

/** Browsers hide a host's address behind a name of the moment (mDNS); redaction turns `.local` into `.invalid`. */
const isName = ({ address }: Candidate): boolean => /\.(?:local|invalid)$/.test(address);
const isHidden = ({ candidates }: Offered): boolean => candidates.every(isName);
const addressesOf = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<string> => [
  ...new Set(candidates.filter((candidate) => !isName(candidate)).map(({ address }) => address)),
];
const sharedBy = (a: ReadonlyArray<Candidate>, b: ReadonlyArray<Candidate>): ReadonlyArray<string> =>
  addressesOf(a).filter((address) => addressesOf(b).includes(address));
/** The server sees them under an address that they offer themselves: there is no NAT between it and them, and STUN would add nothing. */
const isSeenAsOffered = ({ person, candidates }: Offered): boolean =>
  person.sockets.some(({ address }) => addressesOf(candidates).includes(address));
const isOnlyHost = ({ candidates }: Offered): boolean => candidates.every(({ type }) => type === "host");

/** `Bob offered 1 candidate, host only: 192.0.2.56 (UDP), which nobody else in the recording has` */
const described = (recording: Recording, { person, candidates }: Offered): string => {
  const types = [...new Set(candidates.map(({ type }) => type))];
  const counts = types.map((type) => `${candidates.filter((one) => one.type === type).length} ${type}`).join(", ");
  const own = new Set(addressesOf(candidates));
  const owners = new Set(
    recording.incidents.flatMap((one) =>
      one.kind === "relay" && !isBy(one, person) && one.candidates.some(({ address }) => own.has(address))
        ? [one.client]
        : [],
    ),
  );
  const alone =
    addressesOf(candidates).length > 0 && owners.size === 0 ? ", which nobody else in the recording has" : "";
  const all = places(candidates);
  const at = all.length === 1 && candidates.length > 1 ? ", all at" : ":";
  return `${person.label} offered ${counts} candidate${candidates.length === 1 ? "" : "s"}${at} ${listed(all)}${alone}`;
};

/** `IPv4 192.0.2.56 (UDP, TCP)` */
const places = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<string> => {
  const transports = new Map<string, Set<string>>();
  for (const candidate of candidates) {
    const family = candidate.address.includes(":") ? "IPv6" : "IPv4";
    const place = isName(candidate) ? "an address hidden by the browser (mDNS)" : `${family} ${candidate.address}`;
    transports.set(place, (transports.get(place) ?? new Set()).add(candidate.transport.toUpperCase()));
  }
  return [...transports].map(([place, by]) => `${place} (${[...by].join(", ")})`);
};

const common = (a: Offered, b: Offered): string => {
  const shared = sharedBy(a.candidates, b.candidates);
  if (shared.length > 0)
    return `They have ${listed(shared)} in common, so they are most likely on one machine or in one network (private addresses may be the same in two)`;
  if (isHidden(a) || isHidden(b)) return "Their browsers hide addresses, which cannot be compared";
  return isOnlyHost(a) && isOnlyHost(b)
    ? "Neither has an address from a STUN or TURN server (srflx, relay)"
    : "They share no address, as two machines in two networks do not";
};

const adviceFor = (a: Offered, b: Offered, isWithoutNat: boolean): string => {
  const all = [...a.candidates, ...b.candidates];
  const shared = sharedBy(a.candidates, b.candidates);
  if (shared.length > 0)
    return "look at what blocks traffic in that machine or network (a firewall, a VPN, a guest network that keeps its guests apart), at the permission for camera and microphone, and then at the candidate pairs in chrome://webrtc-internals or getStats on both sides.";
  if (all.some(({ type }) => type === "relay"))
    return "look at the candidate pairs and at the media in chrome://webrtc-internals on both sides: STUN and TURN were there.";
  if (isOnlyHost(a) && isOnlyHost(b) && isWithoutNat)
    return "the server sees both under the very addresses that they offer, so no NAT stands between them and the server, and STUN would add nothing: look for a route between their two networks, and for a firewall; where neither can be had, a TURN server that both reach.";
  if (isOnlyHost(a) && isOnlyHost(b))
    return "host candidates alone connect only within one network. If the two are in different ones, set STUN_SERVERS, and if it still fails, use a TURN server; if they are in one, look for a firewall between them.";
  const bare = [a, b].find(isOnlyHost);
  if (bare !== undefined)
    return `look at whether ${bare.person.label} reaches the STUN server (UDP may be blocked): it has host candidates only, and the other side has more; then try a TURN server.`;
  return "try a TURN server: neither side has a relay candidate, so two strict NATs or a firewall keep them apart; then chrome://webrtc-internals.";
};

/** How the candidates of either compare with those of the others whom they exchanged descriptions with. */
const contrasts = ({ recording, people, from, to }: Inquiry, isShared: boolean): ReadonlyArray<Finding> => {
  const told = [from, to].map((person) => {
    const others = partnersOf(recording, people, person).filter((other) => other !== from && other !== to);
    return others.slice(-shownMax).flatMap((other) => contrast(recording, person, other));
  });
  const [mine = [], theirs = []] = told;
  if (mine.length + theirs.length === 0) return [];
  const sentences = told.flat().map(({ text, shared }) => (shared || isShared ? text : `${text} either`));
  const apart = mine.filter((one) => !one.shared && theirs.some(({ other, shared }) => other === one.other && !shared));
  const bridges = apart.map(({ other }) => labelOf(recording, other.id));
  const so =
    isShared || bridges.length === 0
      ? ""
      : ` Both exchanged descriptions with ${listed(bridges)}: if those calls worked, there is a way there that is missing between the two.`;
  return [finding([], `For comparison: ${sentences.join("; ")}.${so}`)];
};

interface Contrast {
  readonly other: Person;
  readonly shared: boolean;
  readonly text: string;
}

const contrast = (recording: Recording, person: Person, other: Person): ReadonlyArray<Contrast> => {
  const [mine, theirs] = [candidatesFor(recording, person, other), candidatesFor(recording, other, person)];
  if (mine.length === 0 || theirs.length === 0) return [];
  const shared = sharedBy(mine, theirs);
  const label = labelOf(recording, other.id);
  const text =
    shared.length > 0
      ? `${person.name} and ${label} share ${listed(shared)} (one machine, or behind one router)`
      : `${person.name} and ${label} share no address`;
  return [{ other, shared: shared.length > 0, text }];
};

const candidatesFor = ({ incidents }: Recording, sender: Person, receiver: Person): ReadonlyArray<Candidate> =>
  incidents.flatMap((one) =>
    one.kind === "relay" && one.to !== undefined && receiver.ids.includes(one.to) && isBy(one, sender)
      ? one.candidates
      : [],
  );

/** Those to whom somebody sent an answer, or who sent them one. */
export const partnersOf = (
  { incidents }: Recording,
  people: ReadonlyArray<Person>,
  person: Person,
): ReadonlyArray<Person> => {
  const ids = new Set<string>();
  for (const one of incidents) {
    if (one.kind !== "relay" || one.signalKind !== "answer" || one.to === undefined) continue;
    if (isBy(one, person)) ids.add(one.to);
    else if (person.ids.includes(one.to) && one.from !== undefined) ids.add(one.from);
  }
  return people.filter((other) => other !== person && other.ids.some((id) => ids.has(id)));
};
