import type { Appended, Shared } from "../../core/index.js";

/*
 * Two versions of the server, of which the later one decides something otherwise: whoever joins is called in capitals. It does so at level 2,
 * and as the earlier one at level 1.
 */

export type Version = 1 | 2;

/** What a node of this version decides of an entry, as what the present one decides of another entry. */
export const decidedBy = (version: Version, { level }: Shared, event: Appended): Appended => {
  const { entry } = event;
  const isOtherwise = version === 2 && level >= 2;
  if (!isOtherwise || entry.kind !== "Request" || entry.request.kind !== "JoinRequested") return event;
  const userName = entry.request.userName.toUpperCase();
  return { ...event, entry: { ...entry, request: { ...entry.request, userName } } };
};
