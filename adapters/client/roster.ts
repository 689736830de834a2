import type { RosterChange, RosterEntry } from "./frames.js";

export type Roster = ReadonlyMap<string, RosterEntry>;

export const rosterOf = (entries: ReadonlyArray<RosterEntry>): Roster => new Map(entries.map((it) => [it.user, it]));

/** What the user's entry is after a change; `undefined` when there is none. */
export const entryAfter = (entry: RosterEntry | undefined, change: RosterChange): RosterEntry | undefined => {
  switch (change.change) {
    case "joined":
      return { user: change.user, name: change.name, role: change.role };
    case "left":
    case "lost":
    case "removed":
    case "banned":
      return undefined;
    case "away":
      return entry && { ...entry, awayUntil: change.until };
    case "back":
      return entry && { user: entry.user, name: entry.name, role: entry.role };
    case "role":
      return entry && { ...entry, role: change.role };
    case "locked":
    case "unlocked":
      return entry;
  }
};

const differences = (held: RosterEntry | undefined, entry: RosterEntry): ReadonlyArray<RosterChange> => {
  const { user, name, role, awayUntil } = entry;
  const changes: RosterChange[] = [];
  if (!held) changes.push({ change: "joined", user, name, role });
  else if (held.role !== role) changes.push({ change: "role", user, role });
  if (awayUntil === held?.awayUntil) return changes;
  changes.push(awayUntil === undefined ? { change: "back", user } : { change: "away", user, until: awayUntil });
  return changes;
};

/** The changes that lead from one roster to another: a snapshot is told like everything else. Why somebody is gone is not known then. */
export const changesBetween = (held: Roster, snapshot: Roster): ReadonlyArray<RosterChange> => [
  ...[...held.keys()].filter((user) => !snapshot.has(user)).map((user) => ({ change: "left", user }) as const),
  ...[...snapshot.values()].flatMap((entry) => differences(held.get(entry.user), entry)),
];
