import type { Signal } from "../attempts.js";
import { nodeOf } from "../nodes/sockets.js";
import { type Person, userNamed } from "../people.js";
import type { Position, Recording, SessionChange } from "../recording.js";
import { listedMax } from "../sentences/words.js";
import type { KeptSignal } from "./codes/session.js";
import { defined, type Finding, finding, type Inquiry, optional, positionOf, sentOf } from "./finding.js";

/** A time in which a session of somebody had no socket. */
interface Absence {
  readonly person: Person;
  readonly away: SessionChange;
  readonly next: SessionChange | undefined;
}

/** When either of the two was away, and what the other one sent meanwhile. Of many times, the last few. */
export const absencesOf = ({ recording, from, to, signals }: Inquiry): ReadonlyArray<Finding> =>
  [from, to]
    .flatMap((person) => absencesIn(recording, person))
    .sort((a, b) => a.away.event - b.away.event)
    .slice(-listedMax)
    .map(({ person, away, next }) => {
      const end = next === undefined ? "open" : next.kind === "back" ? "back" : "lost";
      const theirs = signals.filter(({ receiver }) => receiver === person);
      const isMeanwhile = ({ event }: Signal): boolean => event > away.event && event < (next?.event ?? event + 1);
      const kept = theirs.filter((signal) => signal.isKept && isMeanwhile(signal));
      const again = theirs.filter(({ isKept, sentAgain }) => !isKept && sentAgain?.event === next?.event && sentAgain);
      return finding([away, ...kept, ...again, ...defined([next])], {
        code: "away",
        person: person.named,
        since: positionOf(away),
        end,
        ...optional("node", away.kind === "away" ? away.node : undefined),
        ...optional("until", next && positionOf(next)),
        delivered: kept.filter(({ sentAgain }) => sentAgain !== undefined).map(keptOf),
        undelivered: kept.filter(({ sentAgain }) => sentAgain === undefined).map(keptOf),
        again: again.map(keptOf),
      });
    });

const keptOf = (signal: Signal): KeptSignal => ({ ...sentOf(signal), type: signal.type });

const absencesIn = ({ incidents }: Recording, person: Person): ReadonlyArray<Absence> => {
  const changes = incidents.filter(
    (one): one is SessionChange =>
      (one.kind === "away" || one.kind === "back" || one.kind === "lost") && person.ids.includes(one.user),
  );
  return changes.flatMap((away) => {
    if (away.kind !== "away") return [];
    const next = changes.find(({ session, event }) => session === away.session && event > away.event);
    return [{ person, away, next }];
  });
};

/** At which nodes the two were, where several are read together. */
export const nodesOf = ({ from, to }: Inquiry): ReadonlyArray<Finding> => {
  const people = [from, to].map((person) => ({ person: person.named, nodes: stays(person) }));
  return people.some(({ nodes }) => nodes.length > 0) ? [finding([], { code: "nodes", people })] : [];
};

const stays = ({ sockets }: Person): ReadonlyArray<{ readonly node: number; readonly since: Position }> =>
  [...sockets]
    .sort((a, b) => a.since.event - b.since.event)
    .flatMap(({ id, since }) => (nodeOf(id) === 0 ? [] : [{ node: nodeOf(id), since: positionOf(since) }]))
    .filter(({ node }, i, all) => node !== all[i - 1]?.node);

/** Offers that crossed, as the server told both; but not those that the conclusion is about. */
export const crossingsOf = ({ recording, signals }: Inquiry, conclusion: Finding): ReadonlyArray<Finding> =>
  signals.flatMap((second) => {
    const { polite, signalKind } = second;
    if (polite === undefined || signalKind !== "offer" || conclusion.code === "glare") return [];
    const first = signals.findLast(
      ({ signalKind: kind, sender, event }) => kind === "offer" && sender === second.receiver && event < second.event,
    );
    if (first === undefined) return [];
    return [
      finding([first, second], {
        code: "crossing",
        offers: [sentOf(first), sentOf(second)],
        polite: userNamed(recording, polite),
      }),
    ];
  });
