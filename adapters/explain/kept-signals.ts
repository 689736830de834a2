import type { Moment, Recorded } from "../../core/index.js";
import type { Position, Relay } from "./recording.js";

/** A signal that may be sent again to a recipient who comes back, as far as it is told apart from others. */
interface Resendable {
  readonly room: string | undefined;
  readonly from: string | undefined;
  readonly signalKind: string | undefined;
  readonly text: string;
}

/** Signals by their recipients, in order. `S` is what is known of each. */
export const signalsToUsers = <S>() => {
  const byUser = new Map<string, Array<Resendable & { readonly signal: S }>>();
  return {
    sent: (user: string, signal: Resendable & { readonly signal: S }): void => {
      const own = byUser.get(user);
      if (own === undefined) byUser.set(user, [signal]);
      else own.push(signal);
    },
    /** What was sent again when a session of the user was resumed. It ends with the last signal that there was, so it is matched backwards. */
    sentAgain: (user: string, { effects }: Moment<Recorded>): ReadonlyArray<S> => {
      const own = byUser.get(user) ?? [];
      const found: S[] = [];
      let next = own.length - 1;
      for (const effect of [...effects].reverse()) {
        if (effect.kind !== "Send" || effect.message.kind !== "Personal") continue;
        const { about } = effect.message;
        if (about.kind !== "Signal") continue;
        const isIt = ({ room, from, signalKind, text }: Resendable): boolean =>
          (room === undefined || room === about.room) &&
          from === about.from &&
          signalKind === about.signal &&
          text === about.text;
        // Not all that is sent again need have been noted.
        const index = own.findLastIndex((one, i) => i <= next && isIt(one));
        const same = own[index];
        if (same === undefined) continue;
        found.push(same.signal);
        next = index - 1;
      }
      return found.reverse();
    },
  };
};

/** A relay that is still being read: more may come out about it when its recipient is back. */
export type OpenRelay = { -readonly [K in keyof Relay]: Relay[K] };

/** A relay reached its recipient on another socket, after they had come back. */
export const noteSentAgain = (relay: OpenRelay, position: Position, client: number): void => {
  relay.sentAgain ??= position;
  relay.receivers = [...relay.receivers, client as Relay["client"]];
};
