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
import { type Addressee, isUnheard, ownersOfNames, reachOf } from "./delivered.js";
import type { People, peopleTally } from "./people-tally.js";
import { signalled } from "./read-relay.js";
import type { SignalKind } from "./signal-kind.js";

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

type Missed = Unheard & { readonly receivers: ReadonlyArray<ClientId> };

const hasSome = (clients: Iterable<ClientId>, whole: Group | undefined): boolean => {
  if (whole !== undefined) for (const client of clients) if (isMember(whole, client)) return true;
  return false;
};

/** Collects what became of messages to one user. */
export const messageTally = (
  { usersOf, socketsOf, greetedAs }: ReturnType<typeof peopleTally>,
  signalKindOf: (type: string) => SignalKind | undefined,
) => {
  const calls = callTally();
  const missed: Missed[] = [];
  return {
    visit: ({ n, event, after, effects }: Moment<Recorded>): void => {
      const isConnected = (id: ClientId): boolean => recipients(after, { kind: "Client", client: id }).length > 0;
      if (event.kind === "SignalRequested") {
        const { at, client, signal: signalKind, to } = event;
        const from = greetedAs(client);
        if (from !== undefined && (signalKind === "offer" || signalKind === "answer"))
          calls.visit({ event: n, at, client, signalKind, from, to }, isConnected);
        return;
      }
      if (event.kind !== "PublishRequested" || event.to === undefined) return;
      const { at, client, channel, type, from, to } = event;
      const signalKind = signalKindOf(type);
      for (const effect of effects) {
        if (effect.kind !== "Send" || effect.message.kind !== "Relay") continue;
        // Most messages reach a subscriber that acts for the user, under either delivery setting. That is cheap to see.
        if (hasSome(socketsOf(to), groupFor(after, { kind: "Others", channel, sender: client }))) continue;
        const receivers = [...recipients(after, effect.to), ...signalled(effects)];
        missed.push({ event: n, type, ...(from === undefined ? {} : { from }), to, receivers });
      }
      if (from === undefined || (signalKind !== "offer" && signalKind !== "answer")) return;
      calls.visit({ event: n, at, client, signalKind, from, to }, isConnected);
    },
    found: (people: People) => {
      const addresseeOf = addresseesIn(people);
      // Judged at the end: a socket that has not named a user may still do so.
      const unheard = missed.flatMap(({ receivers, ...message }): ReadonlyArray<Unheard> => {
        const { event, to } = message;
        const addressee = addresseeOf(to);
        if (!isUnheard(reachOf(receivers.map(usersOf), { event, ids: [to], to }, addressee))) return [];
        const nameOf = addressee?.namesUsedAsIds.includes(to) === true ? addressee.lifetimes.at(-1)?.id : undefined;
        return [{ ...message, ...(nameOf === undefined ? {} : { nameOf }) }];
      });
      const events = new Set(unheard.map(({ event }) => event));
      return { calls: calls.found((event) => events.has(event)), unheard };
    },
  };
};

/** Whom a message is for: the owner of an id, or of a name that was used as one. */
const addresseesIn = ({ lifetimes, names }: People): ((to: string) => Addressee | undefined) => {
  const owners = new Map(lifetimes.flatMap((own) => own.map(({ id }) => [id, own] as const)));
  const ownersByName = ownersOfNames(lifetimes, (own) => own.map(({ id }) => names.get(id) ?? id));
  return (to) => {
    const own = owners.get(to);
    if (own !== undefined) return { lifetimes: own, namesUsedAsIds: [] };
    const named = ownersByName.get(to);
    return named && { lifetimes: named, namesUsedAsIds: [to] };
  };
};
