import * as Table from "../base/table.js";
import { type Decision, nothing, record } from "./decision.js";

/** What every live node can decide is in force from the next entry on. It is never lowered. */
export const raise: Decision = (shared) => {
  const levels = Table.values(shared.nodes).map(({ level }) => level);
  const level = Math.min(...levels);
  return levels.length > 0 && level > shared.level ? record({ kind: "LevelRaised", level })(shared) : nothing(shared);
};
