import { isDeepStrictEqual } from "node:util";
import * as O from "fp-ts/lib/Option.js";
import * as Table from "../../core/base/table.js";
import { listedRooms, type RoomId, type State, snapshot } from "../../core/index.js";
import { isListed, readerOf } from "../../core/state.js";
import { emptied, roomsOf } from "../support/as-it-is.js";
import type { SeedMember } from "./seed-member.js";
import type { Member } from "./v1-member.js";

export interface Everybody {
  readonly members: ReadonlyArray<Member>;
  readonly seeds: ReadonlyArray<SeedMember>;
  /** The room that everybody has come to. */
  readonly home: string;
}

/** In what some client and the server do not agree; undefined where all do. */
export const convergence = (state: State, { members, seeds, home }: Everybody): string | undefined => {
  const { shared, local } = state;
  const there = Table.get(shared.rooms, home as RoomId)?.participants;
  if (local.clients.size !== members.length + seeds.length)
    return `${members.length + seeds.length} clients are here, and the server knows ${local.clients.size}`;
  for (const { name, known } of members) {
    const { session, user, isWelcome, rooms, directory, unanswered } = known();
    if (!isWelcome || session === undefined || user === undefined) return `${name} is not connected`;
    if (unanswered > 0) return `${name} waits for ${unanswered} answers`;
    if (O.isNone(readerOf(local, session))) return `${name} has a session that the server does not know`;
    const actual = roomsOf(state, session);
    if (!isDeepStrictEqual(new Map([...rooms].sort()), new Map([...actual].sort())))
      return `${name} knows ${JSON.stringify([...rooms])}, and the server ${JSON.stringify([...actual])}`;
    if (there === undefined || !Table.has(there, user)) return `${name} is missing in ${home}`;
    const listed = Table.values(shared.rooms).filter(isListed);
    if (
      directory !== undefined &&
      !isDeepStrictEqual(
        [...directory.keys()].sort(),
        listed.map(({ id }) => id),
      )
    )
      return `${name} knows the directory ${[...directory.keys()]}, and it is ${listed.map(({ id }) => id)}`;
  }
  const list = JSON.stringify(listedRooms(state));
  for (const { name, user, known } of seeds) {
    const { isOpen, rooms, count } = known();
    if (!isOpen) return `${name} is not connected`;
    if (there === undefined || !Table.keys(there).some((id) => id === user)) return `${name} is missing in ${home}`;
    if (JSON.stringify(rooms) !== list) return `${name} has the list ${JSON.stringify(rooms)}, and it is ${list}`;
    if (count !== local.clients.size) return `${name} counts ${count}, and ${local.clients.size} are here`;
  }
  if (there?.size !== members.length + seeds.length) return `somebody is in ${home} who is not here`;
  const away = Table.values(shared.sessions).find(({ awayUntil: until }) => O.isSome(until));
  return away === undefined ? undefined : `session ${away.id} is still away`;
};

/** What is left on a server that everybody has left; undefined for nothing. */
export const leftOver = (state: State): string | undefined => {
  return isDeepStrictEqual(snapshot(state), snapshot(emptied(state)))
    ? undefined
    : `everybody has left, and this is still there: ${JSON.stringify(snapshot(state))}`;
};
