import { isDelivered, type Person, type Signal } from "../exchange.js";
import { undelivered } from "./arrival.js";
import { type Fate, type Finding, finding, type Inquiry, next, numbers, shownMax } from "./finding.js";

interface Agreement {
  readonly offer: Signal;
  readonly answer: Signal;
  readonly glare: ReadonlyArray<Finding>;
}

/** Both descriptions arrived: whether the candidates did, and of what types they were. */
export const complete = (inquiry: Inquiry, { offer, answer, glare }: Agreement): Fate => {
  const sides = [offer.sender, offer.receiver].map((side) => trickle(inquiry, side, offer));
  const lacking = sides.flatMap(({ lack }) => lack);
  const pair = `offer #${offer.event} by ${offer.sender.label} and answer #${answer.event} by ${answer.sender.label} both arrived`;
  if (lacking.length > 0)
    return {
      findings: [...lacking, finding([offer, answer], `Otherwise signalling is well: ${pair}.`), ...glare],
      isComplete: false,
      next: next(
        "look at how the pages send candidates: each must go to the other as it is found, or stand in the description.",
      ),
    };
  const counts = sides.map(({ person, sent }) => `${sent.length} from ${person.label}`).join(", ");
  const candidates = sides.every(({ sent }) => sent.length > 0)
    ? `, and so did the candidates (${counts})`
    : "; there may have been candidates in their texts, which were not recorded";
  return {
    findings: [
      finding(
        [offer, answer, ...sides.flatMap(({ sent }) => sent.slice(0, 1))],
        `Signalling was complete: ${pair}${candidates}. The trouble is ICE or media, not here.`,
      ),
      ...sides.flatMap(({ lost }) => lost),
      ...sides.flatMap(kinds),
      ...glare,
    ],
    isComplete: true,
    next: next(iceAdvice(sides)),
  };
};

interface Side {
  readonly person: Person;
  /** The messages that brought candidates and arrived. */
  readonly sent: ReadonlyArray<Signal>;
  readonly types: ReadonlyMap<string, number>;
  /** What keeps the exchange from being complete. */
  readonly lack: ReadonlyArray<Finding>;
  /** What was lost of an exchange that is complete without it. */
  readonly lost: ReadonlyArray<Finding>;
}

/**
 * A side's candidates, as messages of their own or in its descriptions, on sockets that were still there for the offer: a
 * renegotiation needs no new ones. Where no text was kept, the descriptions are given the benefit of the doubt.
 */
const trickle = ({ session, signals }: Inquiry, person: Person, offer: Signal): Side => {
  const own = signals.filter(({ sender }) => sender === person);
  const tried = own.filter(({ role, candidates }) => role === "candidate" || candidates.size > 0);
  const sent = tried.filter(({ got, perhaps }) =>
    [...got, ...perhaps].some((id) => (session.sockets.get(id)?.until?.event ?? offer.event) >= offer.event),
  );
  const types = new Map<string, number>();
  for (const { candidates } of sent)
    for (const [type, count] of candidates) types.set(type, (types.get(type) ?? 0) + count);
  const lost = tried
    .filter((signal) => signal.event > offer.event && !isDelivered(signal))
    .slice(0, 1)
    .map((signal) => undelivered(session, signal));
  const isDoubtful = own.some(({ isLegible }) => !isLegible);
  if (sent.length > 0) return { person, sent, types, lack: [], lost };
  const none = finding([], `${person.label} sent no ICE candidates, neither as messages nor in its description.`);
  const lack = lost.length > 0 ? lost : isDoubtful ? [] : [none];
  return { person, sent, types, lack, lost: [] };
};

const kinds = ({ person, types, sent }: Side): ReadonlyArray<Finding> => {
  if (types.size === 0) return [];
  const told = [...types].map(([type, count]) => `${count} ${type}`).join(", ");
  const lone =
    types.size === 1 && types.has("host")
      ? ": only host candidates, so it used no STUN server or did not reach it"
      : "";
  return [finding(sent.slice(0, 1), `Candidates of ${person.label} by type: ${told}${lone}.`)];
};

const iceAdvice = (sides: ReadonlyArray<Side>): string => {
  const seen = sides.filter(({ types }) => types.size > 0);
  if (seen.length < sides.length)
    return "compare the candidates' types in both browsers (about:webrtc, chrome://webrtc-internals); the recording holds too little of the texts to tell (RECORD_PAYLOADS=redacted keeps the types).";
  const isHostOnly = seen.some(({ types }) => types.size === 1 && types.has("host"));
  const hasRelay = seen.some(({ types }) => types.has("relay"));
  if (isHostOnly)
    return "check STUN_SERVERS and whether UDP to it is let through: host candidates alone connect only within one network; then TURN.";
  if (!hasRelay)
    return "try a TURN server: neither side has a relay candidate, so two strict NATs or a firewall keep them apart; then chrome://webrtc-internals.";
  return "look at the candidate pairs and at the media in chrome://webrtc-internals on both sides: STUN and TURN were there.";
};

/** Candidates on a socket that had not got a description of their sender yet: a browser refuses them. */
export const early = (signals: ReadonlyArray<Signal>): ReadonlyArray<Finding> => {
  const described = new Map<Person, Set<number>>();
  const found = new Map<Person, Signal[]>();
  const note = (signal: Signal): void => {
    const others = found.get(signal.sender);
    if (others === undefined) found.set(signal.sender, [signal]);
    else others.push(signal);
  };
  for (const signal of signals) {
    const on = described.get(signal.sender) ?? new Set<number>();
    described.set(signal.sender, on);
    const reached = [...signal.got, ...signal.perhaps];
    if (signal.role === "offer" || signal.role === "answer") for (const id of reached) on.add(id);
    else if (signal.role === "candidate" && reached.length > 0 && !reached.some((id) => on.has(id))) note(signal);
  }
  return [...found].map(([person, candidates]) => {
    const [first] = candidates;
    const description = signals.find(
      ({ role, sender, event }) =>
        (role === "offer" || role === "answer") && sender === person && event > (first?.event ?? 0),
    );
    const then = description === undefined ? "and none came" : `the ${description.role} came at #${description.event}`;
    return finding(
      [...candidates.slice(0, shownMax), ...(description === undefined ? [] : [description])],
      `Candidates of ${person.label} (${numbers(candidates)}) arrived before the offer or answer they belong to, ${then}: a page that does not keep them for later loses them.`,
    );
  });
};
