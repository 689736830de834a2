import {
  type ClientId,
  type Group,
  groupFor,
  isMember,
  type Moment,
  type Recorded,
  recipients,
} from "../../core/index.js";
import { callTally } from "./calls.js";
import { isFormerId, isOf, mayBeOf } from "./delivered.js";
import type { People, peopleTally } from "./people-tally.js";
import { signalKindReader } from "./signal-kind.js";

/** A message that named somebody, was relayed, and reached nobody, or nobody it was meant for. */
export interface Unheard {
  readonly event: number;
  readonly type: string;
  /** Who sent it, where it says so. */
  readonly from?: string;
  readonly to: string;
}

type Missed = Unheard & { readonly receivers: ReadonlyArray<ClientId> };

const hasSome = (clients: Iterable<ClientId>, whole: Group | undefined): boolean => {
  if (whole !== undefined) for (const client of clients) if (isMember(whole, client)) return true;
  return false;
};

/** Gathers what became of messages for one user. */
export const messageTally = ({ usersOf, socketsOf }: ReturnType<typeof peopleTally>) => {
  const kindIn = signalKindReader();
  const calls = callTally();
  const missed: Missed[] = [];
  return {
    visit: ({ n, event, after, effects }: Moment<Recorded>): void => {
      if (event.kind !== "PublishRequested" || event.to === undefined) return;
      const { at, client, channel, type, from, to } = event;
      const signalKind = kindIn(type);
      let isDelivered = true;
      for (const effect of effects) {
        if (effect.kind !== "Send" || effect.message.kind !== "Relay") continue;
        // Targeted or not, it reaches whoever acts for the user and has subscribed: that is soon seen, and most often so.
        if (hasSome(socketsOf(to), groupFor(after, { kind: "Others", channel, sender: client }))) continue;
        const receivers = recipients(after, effect.to);
        isDelivered = receivers.some((id) => mayBeOf(usersOf(id), [to]));
        missed.push({ event: n, type, ...(from === undefined ? {} : { from }), to, receivers });
      }
      if (from === undefined || (signalKind !== "offer" && signalKind !== "answer")) return;
      calls.visit(
        { event: n, at, client, signalKind, from, to, isDelivered },
        (id) => recipients(after, { kind: "Client", client: id }).length > 0,
      );
    },
    found: (people: People) => {
      const isNobodys = nobodysIn(people);
      // What reached only those who had not said who they are is judged in the end: they may say so yet, or be somebody else.
      const isUnheard = (message: Missed): boolean => {
        const mayBeTheirs = !isNobodys(message);
        const ids = [message.to];
        return message.receivers
          .map(usersOf)
          .every((socket) => !isOf(socket, ids) && !(mayBeTheirs && mayBeOf(socket, ids)));
      };
      const unheard = missed.filter(isUnheard).map(({ receivers, ...message }): Unheard => message);
      return { calls: calls.found(), unheard };
    },
  };
};

/** Whether a message is for an id that its owner had already given up, or for somebody's name as if it were an id. */
const nobodysIn = ({ lifetimes, names }: People): ((message: Unheard) => boolean) => {
  const owners = new Map(lifetimes.flatMap((own) => own.map(({ id }) => [id, own] as const)));
  const namesakes = new Map<string, number>();
  for (const name of names.values()) namesakes.set(name, (namesakes.get(name) ?? 0) + 1);
  return ({ to, event }) => isFormerId(owners.get(to) ?? [], to, event) || (!names.has(to) && namesakes.get(to) === 1);
};
