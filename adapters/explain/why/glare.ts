import type { Attempt } from "../attempts.js";
import { userNamed } from "../people.js";
import { finding, type Inquiry, nextStep, optional, sentOf, stopOf, type Verdict } from "./finding.js";

/** In less time than this, nobody could have tried again. */
const idleMsMin = 1_000;

/** Both offered at once, and both or neither gave way: either way they did not agree on a description. */
export const glare = (inquiry: Inquiry, attempt: Attempt): Verdict => {
  const { offers, answers } = attempt;
  const [first, second] = offers;
  if (first === undefined || second === undefined) throw new Error("where offers cross there are two");
  return {
    conclusion: finding([first, second, ...answers], {
      code: "glare",
      isAnswered: answers.length > 0,
      offers: [sentOf(first), sentOf(second)],
      answers: answers.map(sentOf),
      ...optional("polite", second.polite === undefined ? undefined : userNamed(inquiry.recording, second.polite)),
      ...optional("idleMs", idleMs(inquiry, attempt)),
    }),
    next: nextStep({ code: "give-way-by-rule" }),
    details: [],
  };
};

/** How long nobody offered again, though both were connected. */
const idleMs = ({ recording, from, to, attempts }: Inquiry, attempt: Attempt): number | undefined => {
  const last = [...attempt.answers, ...attempt.offers][0];
  if (last === undefined || attempts.at(-1) !== attempt) return undefined;
  const stop = stopOf(recording);
  const ids = [...from.ids, ...to.ids];
  const end = recording.incidents.find(
    (one) => one.kind === "leave" && ids.includes(one.user) && one.event > last.event && one.event < stop,
  );
  const idle = (end?.at ?? recording.endedAt) - last.at;
  return idle < idleMsMin ? undefined : idle;
};
