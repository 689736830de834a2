import type { Recording } from "./recording.js";

type Incident = Recording["incidents"][number];

/**
 * What a recording tells of some rooms alone. Signals of which the server does not know the room stay, unless sender and recipient were in
 * other rooms together and never in one of these.
 */
export const ofRooms = (recording: Recording, rooms: ReadonlyArray<string>): Recording => {
  const known = new Set(recording.rooms.map(({ id }) => id));
  const isWanted = (room: string | undefined): boolean =>
    room === undefined || !known.has(room) || rooms.includes(room);
  const visited = roomsByUser(recording);
  const isElsewhere = (from: string | undefined, to: string | undefined): boolean => {
    const [own, theirs] = [from, to].map((user) => visited.get(user ?? "") ?? new Set<string>());
    const common = [...(own ?? [])].filter((room) => theirs?.has(room) === true);
    return common.length > 0 && !common.some((room) => rooms.includes(room));
  };
  const isOfRooms = (one: Incident): boolean => {
    if (one.kind === "relay") return one.room === undefined ? !isElsewhere(one.from, one.to) : isWanted(one.room);
    if (one.kind === "refusal") return isWanted(one.where);
    return !("room" in one) || rooms.includes(one.room);
  };
  return { ...recording, incidents: recording.incidents.filter(isOfRooms) };
};

/** The rooms that each user was ever in. */
const roomsByUser = ({ incidents }: Recording): ReadonlyMap<string, ReadonlySet<string>> => {
  const visited = new Map<string, Set<string>>();
  for (const one of incidents)
    if (one.kind === "join") visited.set(one.user, (visited.get(one.user) ?? new Set()).add(one.room));
  return visited;
};
