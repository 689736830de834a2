import { type Attempt, isDelivered, signalsOf } from "../attempts.js";
import { isBy, type Person } from "../people.js";
import type { Candidate, Position, Recording } from "../recording.js";
import { listedMax } from "../sentences/words.js";
import type { CandidateAdvice } from "./codes/advice.js";
import type { Comparison, OfferedCandidates, Relation } from "./codes/presence.js";
import { type Finding, finding, type Inquiry } from "./finding.js";

/** What the candidates of an attempt have in common, and what to do about it. */
interface CandidateComparison {
  /** Absent where a side has no candidates in the recording. */
  readonly comparison?: Comparison;
  readonly positions: ReadonlyArray<Position>;
  readonly advice: CandidateAdvice;
  readonly withOthers: ReadonlyArray<Finding>;
}

/** What one side offered in one attempt. */
interface Offered {
  readonly person: Person;
  readonly candidates: ReadonlyArray<Candidate>;
}

/** Compares the candidates that both sides sent, and that arrived, in one attempt. */
export const compareCandidates = (inquiry: Inquiry, attempt: Attempt): CandidateComparison => {
  const signals = signalsOf(attempt).filter((signal) => signal.candidates.length > 0 && isDelivered(signal));
  const bySide = (person: Person) => signals.filter(({ sender }) => sender === person);
  const [a, b] = [inquiry.from, inquiry.to].map((person) => ({
    person,
    candidates: bySide(person).flatMap(({ candidates }) => candidates),
  }));
  if (a === undefined || b === undefined || a.candidates.length === 0 || b.candidates.length === 0)
    return { positions: [], advice: { code: "texts-not-recorded" }, withOthers: [] };
  const shared = sharedBy(a.candidates, b.candidates);
  return {
    comparison: {
      relation: relationOf(a, b),
      shared,
      sides: [a, b].map((side) => described(inquiry.recording, side)),
    },
    positions: [a, b].flatMap(({ person }) => bySide(person).slice(0, 1)),
    advice: adviceFor(a, b),
    withOthers: isHidden(a) || isHidden(b) ? [] : withOthers(inquiry, shared.length > 0),
  };
};

/** Browsers hide a host's address behind a temporary mDNS name; redaction turns its `.local` into `.invalid`. */
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

const described = (recording: Recording, { person, candidates }: Offered): OfferedCandidates => {
  const types: Record<string, number> = {};
  for (const { type } of candidates) types[type] = (types[type] ?? 0) + 1;
  const own = addressesOf(candidates);
  const isElsewhere = recording.incidents.some(
    (one) => one.kind === "relay" && !isBy(one, person) && one.candidates.some(({ address }) => own.includes(address)),
  );
  return { person: person.named, types, places: places(candidates), isAlone: own.length > 0 && !isElsewhere };
};

/** Each address once, with its transports. A hidden address is undefined. */
const places = (candidates: ReadonlyArray<Candidate>): OfferedCandidates["places"] => {
  const transports = new Map<string | undefined, Set<string>>();
  for (const candidate of candidates) {
    const address = isName(candidate) ? undefined : candidate.address;
    transports.set(address, (transports.get(address) ?? new Set()).add(candidate.transport.toUpperCase()));
  }
  return [...transports].map(([address, by]) => ({
    ...(address === undefined ? {} : { address }),
    transports: [...by],
  }));
};

const relationOf = (a: Offered, b: Offered): Relation => {
  if (sharedBy(a.candidates, b.candidates).length > 0) return "shared";
  if (isHidden(a) || isHidden(b)) return "hidden";
  return isOnlyHost(a) && isOnlyHost(b) ? "host-only" : "separate";
};

const adviceFor = (a: Offered, b: Offered): CandidateAdvice => {
  if (sharedBy(a.candidates, b.candidates).length > 0) return { code: "blocked-nearby" };
  if ([...a.candidates, ...b.candidates].some(({ type }) => type === "relay")) return { code: "relay-was-there" };
  if (isOnlyHost(a) && isOnlyHost(b))
    return { code: isSeenAsOffered(a) && isSeenAsOffered(b) ? "no-nat" : "host-only" };
  const hostOnly = [a, b].find(isOnlyHost);
  return hostOnly === undefined ? { code: "no-relay" } : { code: "stun-unreachable", person: hostOnly.person.named };
};

/** How the addresses of each side compare with those of its other partners. */
const withOthers = ({ recording, people, from, to }: Inquiry, isShared: boolean): ReadonlyArray<Finding> => {
  const [mine = [], theirs = []] = [from, to].map((person) =>
    partnersOf(recording, people, person)
      .filter((other) => other !== from && other !== to)
      .slice(-listedMax)
      .flatMap((other) => comparePair(recording, person, other)),
  );
  if (mine.length + theirs.length === 0) return [];
  const isApart = ({ shared }: PairComparison): boolean => shared.length === 0;
  const bridges = mine
    .filter((one) => isApart(one) && theirs.some((two) => two.other === one.other && isApart(two)))
    .map(({ other }) => other.named);
  return [
    finding([], {
      code: "compared-with-others",
      pairs: [...mine, ...theirs].map(({ person, other, shared }) => ({
        person: person.named,
        other: other.named,
        shared,
      })),
      isShared,
      bridges: isShared ? [] : bridges,
    }),
  ];
};

interface PairComparison {
  readonly person: Person;
  readonly other: Person;
  readonly shared: ReadonlyArray<string>;
}

const comparePair = (recording: Recording, person: Person, other: Person): ReadonlyArray<PairComparison> => {
  const [mine, theirs] = [candidatesFor(recording, person, other), candidatesFor(recording, other, person)];
  if (mine.length === 0 || theirs.length === 0) return [];
  return [{ person, other, shared: sharedBy(mine, theirs) }];
};

const candidatesFor = ({ incidents }: Recording, sender: Person, receiver: Person): ReadonlyArray<Candidate> =>
  incidents.flatMap((one) =>
    one.kind === "relay" && one.to !== undefined && receiver.ids.includes(one.to) && isBy(one, sender)
      ? one.candidates
      : [],
  );

/** Those with whom somebody exchanged an answer, in either direction. */
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
