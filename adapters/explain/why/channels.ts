import type { Signal } from "../attempts.js";
import { editsBetween } from "../names.js";
import type { Person } from "../people.js";
import type { Recording } from "../recording.js";
import type { MistypedChannel } from "./codes/delivery.js";

/** More letters than these are no slip. */
const editsMax = 2;
/** How many others must use the one channel before the other counts as a slip. */
const othersMin = 2;

/**
 * The sender and the receiver used channels that differ by a letter or two: which of the two is the only one to use theirs, where several
 * others use the one of the other side. `instead` are the channels that the receiver was subscribed to.
 */
export const mistyped = (
  recording: Recording,
  { sender, receiver, channel }: Signal,
  instead: ReadonlyArray<string>,
): MistypedChannel | undefined => {
  for (const other of instead) {
    const edits = editsBetween(channel, other);
    if (edits === 0 || edits > editsMax) continue;
    const [ofThis, ofOther] = [channel, other].map((name) => usersOf(recording, name));
    if (ofThis === undefined || ofOther === undefined) continue;
    if (isOnlyOf(ofThis, sender) && othersIn(ofOther, sender) >= othersMin)
      return { person: sender.named, channel, common: other, others: othersIn(ofOther, sender) };
    if (isOnlyOf(ofOther, receiver) && othersIn(ofThis, receiver) >= othersMin)
      return { person: receiver.named, channel: other, common: channel, others: othersIn(ofThis, receiver) };
  }
  return undefined;
};

/** The sockets that ever subscribed to a channel or published on it. */
const usersOf = ({ sockets, incidents }: Recording, channel: string): ReadonlySet<number> =>
  new Set([
    ...[...sockets.values()]
      .filter(({ subscriptions }) => subscriptions.some((one) => one.channel === channel))
      .map(({ id }) => id),
    ...incidents.flatMap((one) => (one.kind === "relay" && one.channel === channel ? [one.client] : [])),
  ]);

const isOf = ({ sockets }: Person, id: number): boolean => sockets.some((socket) => socket.id === id);
const isOnlyOf = (users: ReadonlySet<number>, person: Person): boolean => [...users].every((id) => isOf(person, id));
const othersIn = (users: ReadonlySet<number>, person: Person): number =>
  [...users].filter((id) => !isOf(person, id)).length;
