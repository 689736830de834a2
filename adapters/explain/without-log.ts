import {
  type Effect,
  isOwn,
  type Moment,
  participantsInOrder,
  type Recorded,
  roomsInOrder,
  type SessionId,
  type State,
} from "../../core/index.js";

/** Entries that finish what a client did: what came of it is known when they come back from the log. */
const finishing: ReadonlySet<string> = new Set(["Request", "ResumeSession", "LoseSession", "EndSession"]);

/**
 * The moments of a server with a log (DATA) as those of one without: what somebody did, and what it came to when it was back from the
 * log, are one moment. Returned: nothing where it is not back yet.
 */
export const withoutLog = (): ((moment: Moment<Recorded>) => Moment<Recorded> | undefined) => {
  /** Of each entry that has not come back, in the order of the log: the moment that it finishes. */
  let asked: Array<Moment<Recorded> | undefined> = [];
  return (moment) => {
    const { event, effects, after } = moment;
    // What a node asked for that begins anew does not come back to it.
    if (event.kind === "ServerStarted" || (event.kind === "LogRecovered" && event.node !== undefined)) asked = [];
    if (event.kind === "Appended") {
      if (!isOwn(after, event)) return moment;
      const begun = asked.shift();
      if (event.entry.kind === "StartNode") return { ...moment, effects: [...effects, ...restoredIn(after)] };
      if (begun === undefined) return moment;
      return { ...moment, event: { ...begun.event, at: event.at }, effects: [...begun.effects, ...effects] };
    }
    const entries = effects.flatMap((effect) => (effect.kind === "Append" ? [effect.entry] : []));
    const last = entries.findLast(({ kind }) => finishing.has(kind));
    const isFinished = last === undefined || event.kind === "ClockTicked" || event.kind === "ServerStarted";
    asked.push(...entries.map((entry) => (entry === last && !isFinished ? moment : undefined)));
    return isFinished ? moment : undefined;
  };
};

/** What was there when the run began, as if it had just come. */
export const restoredIn = (state: State): ReadonlyArray<Effect> =>
  roomsInOrder(state).flatMap((room): ReadonlyArray<Effect> => {
    const { participants: _, ...opened } = room;
    const there = { room: room.id, roomName: room.name, session: nobody };
    return [
      { kind: "Report", fact: { kind: "RoomOpened", room: opened, session: nobody } },
      ...participantsInOrder(room).map(
        ({ id: user, name: userName, seq }, i): Effect => ({
          kind: "Report",
          fact: { kind: "ParticipantJoined", ...there, user, userName, seq, total: i + 1 },
        }),
      ),
    ];
  });

/** Whose session it was does not matter any more. */
const nobody = "" as SessionId;
