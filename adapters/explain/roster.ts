import { printable } from "../observe/printable.js";
import { labelOf, peopleOf, roomName } from "./people.js";
import { isUnsaid, type Refused, type Session, type Spot } from "./recording.js";
import { isoOf, timeOfDay } from "./times.js";

/** Who was there, and which rooms there were. */
export const roster = (session: Session): string => {
  const users = usersOf(session);
  const rooms = session.rooms.map(({ id, name, hostId, since, until }) => [
    printable(name),
    printable(id),
    period(since, until),
    hostId === undefined ? "" : `host ${labelOf(session, hostId)}`,
  ]);
  const unsaid = [...session.sockets.values()].filter(isUnsaid);
  return [
    `people (times are UTC, of ${isoOf(session.startedAt)?.slice(0, 10)}):`,
    ...aligned([["name", "id", "from–to", "rooms", "sockets"], ...users]),
    "rooms:",
    ...aligned([["name", "id", "from–to", "host"], ...rooms]),
    ...(unsaid.length === 0 ? [] : [`sockets that never said who they are: ${unsaid.map(({ id }) => id).join(", ")}`]),
  ].join("\n");
};

/** A line an id, in the order of coming; an id that somebody took up after another says so. */
const usersOf = (session: Session): ReadonlyArray<ReadonlyArray<string>> => {
  const refused = firstRefusals(session);
  const lines = peopleOf(session).flatMap(({ lives, sockets }) =>
    lives.map((life, i) => {
      const { id, name, rooms, since, until } = life;
      const before = lives[i - 1];
      const own = sockets
        .filter(({ users }) => users.has(id))
        .map((socket) => `${socket.id} (${printable(socket.address)}, ${period(socket.since, socket.until)})`);
      const was = before === undefined ? "" : ` (was ${printable(before.id)} before)`;
      const there = since === undefined ? absent(refused.get(id)) : period(since, until);
      const cells = [
        printable(name),
        printable(id),
        `${there}${until?.code === 1006 ? " (1006: lost)" : ""}`,
        [...rooms].map((room) => printable(roomName(session, room))).join(", "),
        `${own.join(", ")}${was}`,
      ];
      return { since: since?.event ?? Number.POSITIVE_INFINITY, cells };
    }),
  );
  return lines.sort((a, b) => a.since - b.since).map(({ cells }) => cells);
};

const firstRefusals = ({ incidents }: Session): ReadonlyMap<string, Refused> => {
  const first = new Map<string, Refused>();
  for (const one of incidents)
    if (one.kind === "refusal" && one.user !== undefined && !first.has(one.user)) first.set(one.user, one);
  return first;
};

const absent = (refused: Refused | undefined): string =>
  refused === undefined ? "only named" : `refused at ${timeOfDay(refused.at)}: ${refused.code}`;

const period = (since: Spot, until: Spot | undefined): string =>
  `${timeOfDay(since.at)}–${until === undefined ? "end" : timeOfDay(until.at)}`;

const aligned = (table: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (table[0] ?? []).map((_, column) =>
    table.reduce((width, cells) => Math.max(width, cells[column]?.length ?? 0), 0),
  );
  return table.map((cells) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
};
