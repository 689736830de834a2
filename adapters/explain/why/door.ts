import { type Person, roomNamed, userNamed } from "../people.js";
import type { DoorStep, Incident, Position, Recording } from "../recording.js";
import type { SessionFinding } from "./codes/session.js";
import { defined, type Finding, finding, optional, positionOf } from "./finding.js";

type Knock = Extract<SessionFinding, { readonly code: "door-knock" }>;

/** The last knock of somebody at the door of each room, where it did not end in the room. */
export const knocksOf = (recording: Recording, { ids, named }: Person): ReadonlyArray<Finding> => {
  const steps = recording.incidents.filter((one): one is DoorStep => one.kind === "door" && ids.includes(one.user));
  const rooms = [...new Set(steps.map(({ room }) => room))];
  return rooms.flatMap((room) => {
    const own = steps.filter((step) => step.room === room);
    const knock = own.findLast(({ step }) => step === "knocked");
    if (knock === undefined || joinedAfter(recording, ids, room, knock) !== undefined) return [];
    const later = own.filter(({ event }) => event > knock.event);
    const admitted = later.find(({ step }) => step === "admitted");
    const ended = later.find(({ step }) => step !== "admitted");
    const by = (ended?.by === undefined ? admitted : ended)?.by;
    return [
      finding([knock, ...defined([admitted, ended])], {
        code: "door-knock",
        outcome: outcomeOf(admitted, ended),
        person: named,
        room: roomNamed(recording, room),
        knock: positionOf(knock),
        isUnheard: !knock.isHeard,
        ...optional("admitted", admitted && positionOf(admitted)),
        ...optional("ended", ended && positionOf(ended)),
        ...optional("by", by === undefined ? undefined : userNamed(recording, by)),
      }),
    ];
  });
};

const outcomeOf = (admitted: DoorStep | undefined, ended: DoorStep | undefined): Knock["outcome"] => {
  switch (ended?.step) {
    case "denied":
    case "banned":
    case "withdrawn":
    case "disconnected":
    case "closed":
      return ended.step;
    default:
      return admitted === undefined ? "unanswered" : "unused";
  }
};

/** When somebody was taken out of a room by others, or kept out of it, and whether they came back. */
export const removalsOf = (recording: Recording, { ids, named }: Person): ReadonlyArray<Finding> =>
  recording.incidents.flatMap((one: Incident) => {
    if (one.kind !== "bar" || one.reason === "denied" || !ids.includes(one.user)) return [];
    const joined = joinedAfter(recording, ids, one.room, one);
    return [
      finding([one, ...defined([joined])], {
        code: "removed",
        reason: one.reason,
        person: named,
        room: roomNamed(recording, one.room),
        at: positionOf(one),
        ...optional("by", one.by === undefined ? undefined : userNamed(recording, one.by)),
        until: one.until,
        ...optional("joined", joined && positionOf(joined)),
      }),
    ];
  });

const joinedAfter = (
  { incidents }: Recording,
  ids: ReadonlyArray<string>,
  room: string,
  { event }: Position,
): Position | undefined =>
  incidents.find((one) => one.kind === "join" && one.room === room && ids.includes(one.user) && one.event > event);
