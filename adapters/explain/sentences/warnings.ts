import { printable } from "../../observe/printable.js";
import { timeOfDay } from "../times.js";
import type { Warning } from "../warnings.js";
import type { Named } from "../who.js";
import { closeCode, labelOf, quoted, size, socketName, stamp } from "./words.js";

/** How many warnings of one code are shown; the rest is counted. */
const shownMax = 10;

/** Warnings as lines of text, with the command that tells more. */
export const warningLines = (warnings: ReadonlyArray<Warning>): ReadonlyArray<string> => {
  const codes = [...new Set(warnings.map(({ code }) => code))];
  return codes.flatMap((code) => {
    const own = warnings.filter((warning) => warning.code === code);
    const more = own.length > shownMax ? [`  and ${own.length - shownMax} more like this`] : [];
    return [...own.slice(0, shownMax).map(warningLine), ...more];
  });
};

/** A warning as one line of text. */
export const warningLine = (warning: Warning): string => {
  switch (warning.code) {
    case "refused":
      return refused(warning);
    case "unheard":
      return unheard(warning);
    case "crossed": {
      const { from, to, offers, isAnswered } = warning;
      const [a, b] = offers;
      const outcome = isAnswered
        ? "and were both answered, so probably neither answer fits"
        : "and neither was answered";
      return `offers of ${labelOf(from)} and ${labelOf(to)} crossed (#${a.event}, #${b.event} at ${timeOfDay(b.at)}) ${outcome}; ask ${ask(from, to)}`;
    }
    case "answered-twice":
      return answeredTwice(warning);
    case "unanswered": {
      const { from, to, offers } = warning;
      const what = offers.length === 1 ? "an offer" : `${offers.length} offers`;
      const whom = to === undefined ? ", to nobody by name," : ` to ${labelOf(to)}`;
      return `${what} of ${labelOf(from)}${whom} got no answer: ${some(offers.map(stamp), 5)}; ask ${ask(from, to)}`;
    }
    case "no-candidates": {
      const { from, to, answer } = warning;
      return `no ICE candidate of ${labelOf(from)} reached ${labelOf(to)}, though there was an answer at ${stamp(answer)}; ask ${ask(from, to)}`;
    }
    case "unaddressed": {
      const { from, channel, types } = warning;
      const whom = "socket" in from ? `socket ${socketName(from.socket)}` : labelOf(from);
      return `signals of ${whom}, to nobody by name, reached nobody: no other socket was subscribed to ${printable(channel)}: ${typeCounts(types)}`;
    }
    case "kept-in-vain": {
      const { from, to, types } = warning;
      return `signals of ${labelOf(from)} were kept for ${labelOf(to)}, who was away, and never delivered: ${typeCounts(types)}; ask ${ask(from, to)}`;
    }
    case "session-lost":
      return `${labelOf(warning.user)} was away for longer than a session is kept (SESSION_GRACE_MS): it was over at ${stamp(warning.ended)}`;
    case "lost":
      return `the socket of ${warning.users.map(labelOf).join(", ")} ended at ${stamp(warning.ended)} without a close (1006): a lost network, a closed lid, a hung browser`;
    case "closed": {
      const { socket, users, ended, closeCode: code } = warning;
      const whose = users.length === 0 ? "" : ` of ${users.map(labelOf).join(", ")}`;
      return `socket ${socketName(socket)}${whose} was closed at ${stamp(ended)} with ${closeCode(code)}`;
    }
    case "changed-id":
      return `${printable(warning.name)} came back under another id: ${some(
        warning.ids.map((id) => printable(id)),
        5,
      )} (--people shows when)`;
  }
};

type Of<Code extends Warning["code"]> = Extract<Warning, { readonly code: Code }>;

const some = (texts: ReadonlyArray<string>, max: number): string =>
  `${texts.slice(0, max).join(", ")}${texts.length > max ? ` and ${texts.length - max} more` : ""}`;

const refused = ({ refusal, type, count, first, bytes }: Of<"refused">): string => {
  const who = first.map(
    (one) => `${stamp(one)} ${one.user === undefined ? `socket ${socketName(one.socket)}` : labelOf(one.user)}`,
  );
  const more = count > first.length ? ` and ${count - first.length} more` : "";
  return `${count} × refused: ${refusal}${type === undefined ? "" : ` (${printable(type)})`}${bytes === undefined ? "" : `, up to ${size(bytes)}`}: ${who.join(", ")}${more}`;
};

const unheard = ({ from, to, nameOf, types }: Of<"unheard">): string => {
  const by = from === undefined ? "" : `from ${labelOf(from)} `;
  const whom = nameOf === undefined ? to : { id: nameOf, name: nameOf };
  const name = nameOf === undefined ? "" : ` (the name of ${printable(nameOf)}, not an id)`;
  return `messages ${by}to ${labelOf(to)}${name} did not reach their recipient: ${typeCounts(types)}${from === undefined ? "" : `; ask ${ask(from, whom)}`}`;
};

/** `2 × webrtc-offer (#7, #9), 1 × webrtc-ice (#12)` */
const typeCounts = (types: Of<"unheard">["types"]): string =>
  types
    .map(({ type, events }) => {
      const shown = events
        .slice(0, 3)
        .map((event) => `#${event}`)
        .join(", ");
      return `${events.length} × ${printable(type)} (${shown}${events.length > 3 ? " …" : ""})`;
    })
    .join(", ");

const answeredTwice = ({ from, to, answers }: Of<"answered-twice">): string => {
  const parts = answers
    .slice(0, 3)
    .map(([a, b]) => `#${a.event} by socket ${socketName(a.socket)}, #${b.event} by socket ${socketName(b.socket)}`);
  const more = answers.length > 3 ? ` and ${answers.length - 3} times more` : "";
  return `${labelOf(from)} answered ${labelOf(to)} twice, on two sockets: ${parts.join("; ")}${more}; ask ${ask(to, from)}`;
};

const ask = (from: Named, to?: Named): string =>
  `--why ${quoted(from.id)}${to === undefined ? "" : ` ${quoted(to.id)}`}`;
