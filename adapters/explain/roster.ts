import { printable } from "../observe/printable.js";
import { peopleOf, roomNamed, userNamed } from "./people.js";
import { isAnonymous, type Position, type Recording, type Refused, type Socket } from "./recording.js";
import { labelOf, socketName } from "./sentences/words.js";
import { isoOf, timeOfDay } from "./times.js";

/** The users and rooms of a recording, as a table. */
export const roster = (recording: Recording): string => {
  const users = usersOf(recording);
  const rooms = recording.rooms.map(({ id, name, hostId, since, until }) => [
    printable(name),
    printable(id),
    period(since, until),
    hostId === undefined ? "" : `host ${labelOf(userNamed(recording, hostId))}`,
  ]);
  const anonymous = [...recording.sockets.values()].filter(isAnonymous);
  return [
    `people (times are UTC, of ${isoOf(recording.startedAt)?.slice(0, 10)}):`,
    ...aligned([["name", "id", "from–to", "rooms", "sockets"], ...users]),
    "rooms:",
    ...aligned([["name", "id", "from–to", "host"], ...rooms]),
    ...(anonymous.length === 0
      ? []
      : [`sockets that never named a user: ${anonymous.map(({ id }) => socketName(id)).join(", ")}`]),
  ].join("\n");
};

/** One line for each id, in order of arrival. An id that replaced another one says so. */
const usersOf = (recording: Recording): ReadonlyArray<ReadonlyArray<string>> => {
  const refused = firstRefusals(recording);
  const lines = peopleOf(recording).flatMap(({ lifetimes, sockets }) =>
    lifetimes.map((lifetime, i) => {
      const { id, name, rooms, since, until } = lifetime;
      const before = lifetimes[i - 1];
      const own = sockets
        .filter(({ users }) => users.has(id))
        .map(
          (socket) =>
            `${socketName(socket.id)} (${[...addressOf(socket), period(socket.since, socket.until)].join(", ")})`,
        );
      const was = before === undefined ? "" : ` (was ${printable(before.id)} before)`;
      const there = since === undefined ? absent(refused.get(id), rooms.size > 0) : period(since, until);
      const cells = [
        printable(name),
        printable(id),
        `${there}${until?.code === 1006 ? " (1006: lost)" : ""}`,
        [...rooms].map((room) => printable(roomNamed(recording, room).name)).join(", "),
        `${own.join(", ")}${was}`,
      ];
      return { since: since?.event ?? Number.POSITIVE_INFINITY, cells };
    }),
  );
  return lines.sort((a, b) => a.since - b.since).map(({ cells }) => cells);
};

/** Of a socket that only the log tells of, there is none. */
const addressOf = ({ address }: Socket): ReadonlyArray<string> => (address === "" ? [] : [printable(address)]);

const firstRefusals = ({ incidents }: Recording): ReadonlyMap<string, Refused> => {
  const first = new Map<string, Refused>();
  for (const one of incidents)
    if (one.kind === "refusal" && one.user !== undefined && !first.has(one.user)) first.set(one.user, one);
  return first;
};

const absent = (refused: Refused | undefined, hasJoined: boolean): string => {
  if (hasJoined) return "no socket of theirs";
  return refused === undefined ? "only addressed" : `refused at ${timeOfDay(refused.at)}: ${refused.code}`;
};

const period = (since: Position, until: Position | undefined): string =>
  `${timeOfDay(since.at)}–${until === undefined ? "end" : timeOfDay(until.at)}`;

const aligned = (table: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (table[0] ?? []).map((_, column) =>
    table.reduce((width, cells) => Math.max(width, cells[column]?.length ?? 0), 0),
  );
  return table.map((cells) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
};
