import type { DoorFigures, SessionFigures } from "../summary.js";
import { timeSince } from "../times.js";
import type { KeptSignal } from "../why/codes/session.js";
import type { Finding } from "../why/finding.js";
import { labelOf, stamp, stampBy, stamps } from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** Somebody was away; what was sent to them meanwhile, and what became of it. */
export const away = (found: Of<"away">): string => {
  const parts = [awayTime(found), ...keptParts(found), ...againPart(found)];
  return `${parts.join("; ")}.`;
};

const awayTime = ({ person, since, until, end, node }: Of<"away">): string => {
  const who = `${labelOf(person)}${node === undefined ? "" : `, whose node ${node} was gone,`}`;
  if (until === undefined) return `${who} was away from ${stamp(since)} on, to the end of the recording`;
  return end === "back"
    ? `${who} was away from ${stamp(since)} to ${stamp(until)}`
    : `${who} was away from ${stamp(since)} on and never came back: the session was lost at ${stamp(until)}, when the grace was over`;
};

const keptParts = ({ person, end, delivered, undelivered }: Of<"away">): ReadonlyArray<string> => {
  const came = `${signals(delivered)} ${were(delivered)} kept and delivered when ${labelOf(person)} came back`;
  const fate = {
    back: "dropped, because more had been kept than is kept",
    lost: "lost",
    open: "never delivered",
  }[end];
  const gone = `${signals(undelivered)} ${were(undelivered)} kept, and ${were(undelivered)} ${fate}`;
  return [...(delivered.length > 0 ? [came] : []), ...(undelivered.length > 0 ? [gone] : [])];
};

const againPart = ({ person, again }: Of<"away">): ReadonlyArray<string> =>
  again.length === 0
    ? []
    : [
        `${signals(again)}, sent before, ${were(again)} sent again, in case ${labelOf(person)} had not got ${again.length === 1 ? "it" : "them"}`,
      ];

const were = ({ length }: { readonly length: number }): string => (length === 1 ? "was" : "were");

/** `Ann (u7)'s offer #14 (10:03:14) and 2 candidates (#15 (10:03:14), #16 (10:03:15))` */
const signals = (some: ReadonlyArray<KeptSignal>): string => {
  const [first] = some;
  if (first === undefined) return "nothing";
  const sender = labelOf(first.sender);
  const types = [...new Set(some.map(({ type }) => type))];
  const parts = types.map((type) => {
    const own = some.filter((one) => one.type === type);
    return own.length === 1 ? `${type} ${stamps(own)}` : `${own.length} ${type}s (${stamps(own)})`;
  });
  return `${sender}'s ${parts.join(" and ")}`;
};

/** At which nodes the two were: `Ann (u7) was at node 1; Bob (b7) at node 2, and from #40 (10:03:12) on at node 1.` */
export const nodes = ({ people }: Of<"nodes">): string => {
  const parts = people.flatMap(({ person, nodes: [first, ...later] }) => {
    if (first === undefined) return [];
    const moves = later.map(({ node, since }) => `, from ${stamp(since)} on at node ${node}`);
    return [`${labelOf(person)} was at node ${first.node}${moves.join("")}`];
  });
  return `${parts.join("; ")}.`;
};

/** Offers crossed, and the server said so. */
export const crossing = ({ offers: [first, second], polite }: Of<"crossing">): string =>
  `The offers ${stampBy(first)} and ${stampBy(second)} crossed. The server told both: ${labelOf(polite)} is the polite side, who gives way and answers.`;

/** A knock that did not end in the room. */
export const doorKnock = (found: Of<"door-knock">): string => {
  const { outcome, person, room, knock, isUnheard, admitted, ended, by } = found;
  const knocked = `${labelOf(person)} knocked at the door of ${labelOf(room)} at ${stamp(knock)}`;
  const at = ended === undefined ? "" : ` at ${stamp(ended)}`;
  const whom = by === undefined ? "" : ` by ${labelOf(by)}`;
  switch (outcome) {
    case "unanswered": {
      const unheard = isUnheard ? ": nobody who may admit was there" : "";
      return `${knocked}, and nobody ever answered${unheard}${ended === undefined ? "" : `; the knock expired${at}`}.`;
    }
    case "unused": {
      const since = admitted === undefined ? "" : ` at ${stamp(admitted)}`;
      const over = ended === undefined ? "" : `, and the admission expired${at}`;
      return `${knocked} and was admitted${since}${whom}, but never joined${over}: who is admitted must join once more.`;
    }
    case "denied":
      return `${knocked} and was denied${at}${whom}.`;
    case "banned":
      return `${knocked} and was sent away${at}${whom}.`;
    case "withdrawn":
      return `${knocked} and withdrew${at}.`;
    case "disconnected":
      return `${knocked}, and the session ended${at} before anybody had answered.`;
    case "closed":
      return `${knocked}, and the room was closed${at}.`;
  }
};

/** Taken out of a room by others. */
export const removed = ({ reason, person, room, at, by, until, joined }: Of<"removed">): string => {
  const whom = by === undefined ? "" : ` by ${labelOf(by)}`;
  const back =
    joined === undefined
      ? `, could not come back before ${timeSince(at.at, until)}, and did not`
      : `, and joined again at ${stamp(joined)}`;
  return `${labelOf(person)} was ${reason} from ${labelOf(room)} at ${stamp(at)}${whom}${back}.`;
};

/** What became of sessions, in figures. */
export const sessionLine = ({ away, resumed, lost, stale, kept, keptAndDelivered }: SessionFigures): string =>
  `sessions: away ${away}, resumed ${resumed}, lost ${lost}; signals: kept ${kept}, delivered later ${keptAndDelivered}, refused as stale ${stale}`;

/** What happened at the doors of rooms, and to those in them, in figures. */
export const doorLine = (doors: DoorFigures): string => {
  const { knocks, admitted, denied, expired, removed, banned, locked, unlocked, roles } = doors;
  return `doors: knocks ${knocks}, admitted ${admitted}, denied ${denied}, expired ${expired}; removed ${removed}, banned ${banned}, locked ${locked}, unlocked ${unlocked}, roles changed ${roles}`;
};
