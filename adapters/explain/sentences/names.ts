import { printable } from "../../observe/printable.js";
import type { Named, NameProblem } from "../who.js";
import { labelOf, listed } from "./words.js";

/** Why a word on the command line names nobody, for a person. */
export const nameProblem = (problem: NameProblem): string => {
  switch (problem.code) {
    case "unknown-user":
      return `No user in this recording has the id or name “${printable(problem.word)}”. Users: ${all(problem.known)}.`;
    case "unknown-room":
      return `No room in this recording has the id or name “${printable(problem.word)}”. Rooms: ${all(problem.known)}.`;
    case "ambiguous-name":
      return `“${printable(problem.word)}” matches several users: ${all(problem.known)}. Use a full name or an id.`;
    case "same-user":
      return "Both names belong to the same user. Name two different users.";
  }
};

const all = (known: ReadonlyArray<Named>): string => (known.length === 0 ? "none" : listed(known.map(labelOf)));
