import { printable } from "../../observe/printable.js";
import type { ControlSide } from "../why/codes/control.js";
import type { Finding } from "../why/finding.js";
import { labelOf, listed, socketName, stamp, stamps } from "./words.js";

type Of<Code extends Finding["code"]> = Extract<Finding, { readonly code: Code }>;

/** What differs between this pair and the pairs that work. */
export const controlGroup = ({ sides, channel }: Of<"control-group">): string => {
  const parts = sides.map(({ person, works, fails }) => {
    const worked = works.length === 0 ? "with nobody" : `with ${listed(works.map(labelOf))}`;
    const failed = fails.length === 0 ? "" : ` and not with ${listed(fails.map(labelOf))}`;
    return `${labelOf(person)} exchanged descriptions ${worked}${failed}`;
  });
  const suspects = sides.filter(({ works }) => works.length === 0);
  const [suspect] = suspects;
  const [failing] = suspects.length === 1 && suspect !== undefined && suspect.fails.length > 0 ? [suspect] : [];
  return [
    `Compared with other pairs: ${parts.join("; ")}.`,
    ...(failing === undefined ? [] : [`It is ${labelOf(failing.person)} with whom it does not work.`]),
    ...(channel === undefined
      ? []
      : [`Where it worked, the offers went over ${printable(channel.others)}; here, over ${printable(channel.own)}.`]),
    ...sides.flatMap(roleOf),
  ].join(" ");
};

const roleOf = ({ person, role, here }: ControlSide): ReadonlyArray<string> =>
  role === undefined || here === undefined
    ? []
    : [`Where it worked, ${labelOf(person)} ${role === "offers" ? "offered" : "answered"}; here, not.`];

/** Came back on a new socket, and is in no list. */
export const notJoinedAgain = ({ person, room, left, back, acted }: Of<"not-joined-again">): string => {
  const then = acted === undefined ? "" : `, though it signalled at ${stamp(acted)}`;
  return `${labelOf(person)} dropped out of ${labelOf(room)} at ${stamp(left)}, came back on socket ${socketName(back.socket)} at ${stamp(back)} and did not join again${then}: it is in no room list, so nobody calls it. A page must join again after a reconnect.`;
};

/** Two of one name, and the other one was called. */
export const namesakeCalled = ({ from, called, notCalled, room, offers }: Of<"namesake-called">): string =>
  `Two called ${printable(called.name)} were in ${labelOf(room)} at once, ${printable(called.id)} and ${printable(notCalled.id)}: ${labelOf(from)} offered only to ${printable(called.id)} (${stamps(offers)}). A page that keeps people by name knows only one of them.`;

/** Asked as one user, and joined as another. */
export const askedAsAnother = ({ socket, asked, joined, knock, join }: Of<"asked-as-another">): string =>
  `Socket ${socketName(socket)} asked to be let in as ${labelOf(asked)} at ${stamp(knock)}, and joined ${labelOf(join.room)} as ${labelOf(joined)} at ${stamp(join)}: this is probably one person under two ids, and who calls the one does not reach the other.`;
