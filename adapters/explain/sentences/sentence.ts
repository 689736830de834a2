import type { Named } from "../who.js";
import type { Finding } from "../why/finding.js";
import { advise } from "./advice.js";
import * as Answers from "./answers.js";
import * as Attempts from "./attempts.js";
import * as Candidates from "./candidates.js";
import * as Comparison from "./comparison.js";
import { notDelivered } from "./delivery.js";
import * as Presence from "./presence.js";
import * as Sessions from "./sessions.js";
import { labelOf, stamps } from "./words.js";

/** A finding with its sentence. */
export type DescribedFinding = Finding & { readonly sentence: string };

/** The sentence of a finding. Everybody is called by name and id. */
const sentenceOf = (found: Finding): string => {
  switch (found.code) {
    case "not-delivered":
      return notDelivered(found);
    case "not-delivered-either":
      return `The earlier offers (${stamps(found.offers)}) did not arrive, for the same reason.`;
    case "no-answer":
      return Answers.noAnswer(found);
    case "answered-others":
      return Answers.answeredOthers(found);
    case "answer-lost":
      return Answers.answerLost(found);
    case "answered-former-id":
      return Answers.answeredFormerId(found);
    case "answer-to-strangers":
      return Answers.answerToStrangers(found);
    case "answered-name":
      return Answers.answeredName(found);
    case "answered-twice":
      return Answers.answeredTwice(found);
    case "no-second-offer":
      return Answers.noSecondOffer(found);
    case "offer-overtaken":
      return Answers.offerOvertaken(found);
    case "answer-late":
      return Answers.answerLate(found);
    case "glare":
      return Answers.glare(found);
    case "signalling-complete":
      return Candidates.signallingComplete(found);
    case "no-candidates":
      return `${labelOf(found.person)} sent no ICE candidates, neither as messages nor in its description.`;
    case "otherwise-complete":
      return Candidates.otherwiseComplete(found);
    case "candidates-early":
      return Candidates.candidatesEarly(found);
    case "compared-with-others":
      return Candidates.comparedWithOthers(found);
    case "never-seen":
      return Presence.neverSeen(found);
    case "never-together":
      return Presence.neverTogether(found);
    case "knock-without-join":
      return Presence.knockWithoutJoin(found);
    case "first-to-go":
      return Presence.firstToGo(found);
    case "changed-id":
      return Presence.changedId(found);
    case "refused":
      return Presence.refused(found);
    case "control-group":
      return Comparison.controlGroup(found);
    case "not-joined-again":
      return Comparison.notJoinedAgain(found);
    case "namesake-called":
      return Comparison.namesakeCalled(found);
    case "asked-as-another":
      return Comparison.askedAsAnother(found);
    case "away":
      return Sessions.away(found);
    case "nodes":
      return Sessions.nodes(found);
    case "crossing":
      return Sessions.crossing(found);
    case "door-knock":
      return Sessions.doorKnock(found);
    case "removed":
      return Sessions.removed(found);
    case "attempt":
      return Attempts.attempt(found);
    case "attempts-left-out":
      return `${found.count} earlier attempts are not shown.`;
    case "earlier":
      return `Earlier: ${sentenceOf(found.finding)}`;
    case "never-offered":
      return Attempts.neverOffered(found);
    case "pair":
      return `${labelOf(found.from)} and ${labelOf(found.to)}:`;
    case "room":
      return found.room === undefined ? "In no room that the server knows of:" : `In ${labelOf(found.room)}:`;
    case "person":
      return found.isAlone
        ? `${labelOf(found.person)}: no signalling, and never in a room with anybody else`
        : `${labelOf(found.person)}:`;
    case "outcome-with":
      return Attempts.withOther(found);
    case "next":
      return `Next: ${advise(found.advice)}`;
  }
};

/**
 * Adds the sentences to findings. `people` are called by name and id at their first mention, and by name afterwards; `introduced` have been
 * mentioned before.
 */
export const withSentences = (
  findings: ReadonlyArray<Finding>,
  people: ReadonlyArray<Named>,
  introduced: ReadonlyArray<Named> = [],
): ReadonlyArray<DescribedFinding> => {
  const isAmbiguous = new Set(people.map(({ name }) => name)).size < people.length;
  const known = new Set(introduced.map(({ id }) => id));
  const shortened = (text: string, person: Named): string => {
    const label = labelOf(person);
    const name = labelOf({ id: person.name, name: person.name });
    const [head = "", ...rest] = text.split(label);
    if (rest.length === 0) return text;
    const first = known.has(person.id) ? name : label;
    known.add(person.id);
    return `${head}${first}${rest.join(name)}`;
  };
  return findings.map((found) => {
    const sentence = sentenceOf(found);
    return { ...found, sentence: isAmbiguous ? sentence : people.reduce(shortened, sentence) };
  });
};
