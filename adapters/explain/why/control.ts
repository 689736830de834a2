import { attemptsIn, between } from "../attempts.js";
import { isBy, type Person } from "../people.js";
import { listedMax } from "../sentences/words.js";
import type { ControlSide } from "./codes/control.js";
import { type Finding, finding, type Inquiry } from "./finding.js";
import { type Outcome, outcomeOf } from "./outcome.js";

/**
 * The other pairs of the same recording are the control group: with whom else each of the two connected or did not, and what all those that
 * connected have in common and this pair has not. None where nobody connected, or this pair did.
 */
export const controlGroup = (inquiry: Inquiry, last: Outcome): ReadonlyArray<Finding> => {
  if (last.kind === "complete" || last.kind === "answer-late") return [];
  const { from, to } = inquiry;
  const sides = [from, to].map((person) => ({ person, others: othersOf(inquiry, person) }));
  const working = sides.flatMap(({ others }) => others.flatMap(({ outcome }) => (isWorking(outcome) ? outcome : [])));
  if (working.length === 0) return [];
  const channels = [...new Set(working.flatMap(({ offer }) => offer?.channel ?? []))];
  const own = last.offer?.channel;
  const [channel] = channels;
  const isElsewhere = channels.length === 1 && own !== undefined && channel !== undefined && own !== channel;
  return [
    finding([], {
      code: "control-group",
      sides: sides.map(({ person, others }): ControlSide => {
        const named = (isWanted: boolean) =>
          others.filter(({ outcome }) => isWorking(outcome) === isWanted).map(({ other }) => other.named);
        const offered = others.flatMap(({ outcome }) => (isWorking(outcome) ? (outcome.offer?.sender ?? []) : []));
        const role = offered.every((one) => one === person) ? "offers" : offered.includes(person) ? "both" : "answers";
        const here = last.offer?.sender === person ? "offers" : "answers";
        const isOther = offered.length > 0 && role !== "both" && last.offer !== undefined && role !== here;
        return { person: person.named, works: named(true), fails: named(false), ...(isOther ? { role, here } : {}) };
      }),
      ...(isElsewhere ? { channel: { own, others: channel } } : {}),
    }),
  ];
};

const isWorking = ({ kind }: Outcome): boolean => kind === "complete";

interface Other {
  readonly other: Person;
  readonly outcome: Outcome;
}

/** With whom else somebody tried to connect, and how the last attempt ended. Of many, the first few. */
const othersOf = (inquiry: Inquiry, person: Person): ReadonlyArray<Other> => {
  const { recording, people, from, to } = inquiry;
  const ids = new Set<string>();
  for (const one of recording.incidents) {
    if (one.kind !== "relay" || one.signalKind !== "offer" || one.to === undefined) continue;
    if (isBy(one, person)) ids.add(one.to);
    else if (person.ids.includes(one.to) && one.from !== undefined) ids.add(one.from);
  }
  return people
    .filter((other) => other !== from && other !== to && other.ids.some((id) => ids.has(id)))
    .slice(0, listedMax)
    .flatMap((other) => {
      const signals = between(recording, person, other);
      const attempts = attemptsIn(signals);
      const attempt = attempts.at(-1);
      if (attempt === undefined) return [];
      return [{ other, outcome: outcomeOf({ ...inquiry, from: person, to: other, signals, attempts }, attempt) }];
    });
};
