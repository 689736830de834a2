import { isUnheard, reachOf } from "./delivered.js";
import type { Person } from "./people.js";
import type { Position, Recording, Relay } from "./recording.js";

/** A message to one user that was relayed and did not reach them. */
export interface Unheard {
  readonly event: number;
  readonly type: string;
  /** The sender, if the message names one. */
  readonly from?: string;
  readonly to: string;
  /** The id of the one whose name `to` is, where it is nobody's id. */
  readonly nameOf?: string;
}

/** A signal that was kept for somebody who was away. */
export interface Kept extends Position {
  readonly type: string;
  readonly from: string;
  readonly to: string;
}

/** A signal that names no recipient, and reached nobody. */
export interface Unaddressed extends Position {
  readonly type: string;
  readonly channel: string;
  readonly socket: number;
  readonly from: string | undefined;
}

/** Messages that did not reach those they were for. */
export interface LostMessages {
  readonly unheard: ReadonlyArray<Unheard>;
  /** Signals that were kept for somebody who was away, and never delivered. */
  readonly keptInVain: ReadonlyArray<Kept>;
  readonly unaddressed: ReadonlyArray<Unaddressed>;
}

/** Finds them at the end: a socket that has not named a user may still do so. */
export const lostMessagesIn = (recording: Recording, people: ReadonlyArray<Person>): LostMessages => {
  const lost: { readonly [K in keyof LostMessages]: Array<LostMessages[K][number]> } = {
    unheard: [],
    keptInVain: [],
    unaddressed: [],
  };
  const addressees = new Map(
    people.flatMap((one) => [...one.ids, ...one.namesUsedAsIds].map((id) => [id, one] as const)),
  );
  for (const relay of recording.incidents) {
    if (relay.kind !== "relay") continue;
    const { event, at, type, channel, client: socket, from, to, isKept, signalKind, receivers } = relay;
    if (to === undefined) {
      if (signalKind !== undefined && receivers.length === 0)
        lost.unaddressed.push({ event, at, type, channel, socket, from });
      continue;
    }
    const addressee = addressees.get(to);
    if (!isUnheard(reachOf(socketsOf(recording, relay), { event, ids: [to], to }, addressee))) continue;
    if (isKept) lost.keptInVain.push({ event, at, type, from: from ?? "", to });
    else
      lost.unheard.push({
        event,
        type,
        to,
        ...(from === undefined ? {} : { from }),
        ...(addressee?.namesUsedAsIds.includes(to) === true ? { nameOf: addressee.id } : {}),
      });
  }
  return lost;
};

const socketsOf = ({ sockets }: Recording, { receivers }: Relay) => receivers.flatMap((id) => sockets.get(id) ?? []);
