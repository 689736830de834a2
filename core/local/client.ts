import * as O from "fp-ts/lib/Option.js";
import type { ClientId, Millis } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type {
  ClientConnected,
  ClientDisconnected,
  FrameEvent,
  FrameRefused,
  PingReceived,
  TextReceived,
} from "../event.js";
import { closeCodes, type Refusal } from "../message.js";
import { clientWith, withLocal } from "../replace.js";
import type { Client, State } from "../state.js";
import { reply, type Step, sequence } from "../step.js";
import { answer, refuse } from "./mailbox.js";

/** A second connection with an id that is in use is stale: nothing happens. */
export const connect =
  ({ client: id, session, dialect, verified, token, greeting }: ClientConnected): Step =>
  (state) => {
    const { clients, claimants } = state.local;
    if (Table.has(clients, id)) return [state, []];
    // Spelled out: a spread costs more than all the rest.
    const client: Client = {
      id,
      session,
      generation: 1,
      dialect,
      claimed: [],
      verified: O.fromNullable(verified),
      member: greeting === undefined ? O.none : O.some({ user: greeting.user, name: greeting.name }),
      token: O.fromNullable(token),
      paidUntilMicros: 0,
      refusedUntilMicros: 0,
      saidUntilMicros: 0,
      channels: [],
    };
    return [
      withLocal(state, {
        clients: Table.set(clients, id, client),
        claimants: verified === undefined ? claimants : Multimap.add(claimants, verified, id),
      }),
      [],
    ];
  };

export const forget =
  ({ id }: Client): Step =>
  (state) => [withLocal(state, { clients: Table.remove(state.local.clients, id) }), []];

/** What the client does, as it now is; nothing if it is not connected. */
export const ifConnected =
  ({ client }: ClientDisconnected | FrameEvent, does: (me: Client) => Step): Step =>
  (state) => {
    const me = Table.get(state.local.clients, client);
    return me === undefined ? [state, []] : does(me)(state);
  };

/** What one client may send: in the long run, and at once after a silence. */
export interface Rate {
  /** 0 is no limit. */
  readonly perSecond: number;
  readonly burst: number;
  /** What is counted, in the plural. */
  readonly what: string;
}

const priceMicros = ({ perSecond }: Rate): number => Math.ceil(1_000_000 / perSecond);

/**
 * When all that was sent will be worked off with one more, in µs since 1970; none where one more is beyond the rate. It is a leaky
 * bucket in one number: each costs `1 s / perSecond`, and a client may owe a burst.
 */
export const pay = (rate: Rate, paidUntilMicros: number, now: Millis): O.Option<number> => {
  if (rate.perSecond === 0) return O.some(paidUntilMicros);
  const nowMicros = now * 1_000;
  const price = priceMicros(rate);
  const paid = Math.max(nowMicros, paidUntilMicros) + price;
  return paid - nowMicros > rate.burst * price ? O.none : O.some(paid);
};

/** The refusal of what is beyond the rate. */
export const rateLimited = (rate: Rate, { member }: Client): Refusal => ({
  code: "rate-limited",
  message: `rate limit reached: ${rate.perSecond} ${rate.what} per second, with bursts of ${rate.burst}`,
  ...(O.isSome(member) ? { retryAfterMs: Math.ceil(priceMicros(rate) / 1_000) } : {}),
});

export const withClient = (state: State, client: Client): State =>
  withLocal(state, { clients: Table.set(state.local.clients, client.id, client) });

/** Refuses what is beyond the rate, and closes a client that goes on all the same. */
const refuseBeyond =
  (rate: Rate, me: Client, id: number | undefined): Step =>
  (state) => {
    const { refusedBurst } = state.shared.settings.limits;
    const refused = refuse(me, id, rateLimited(rate, me));
    if (refusedBurst === 0) return refused(state);
    const refusedUntilMicros = pay({ ...rate, burst: refusedBurst }, me.refusedUntilMicros, state.now);
    return O.isSome(refusedUntilMicros)
      ? refused(withClient(state, clientWith(me, { refusedUntilMicros: refusedUntilMicros.value })))
      : sequence(refused, closeRateLimited(me.id))(state);
  };

const closeRateLimited =
  (client: ClientId): Step =>
  (state) => [
    state,
    [{ kind: "Close", to: { kind: "Client", client }, code: closeCodes.rateLimited, reason: "rate-limited" }],
  ];

/** Carries a frame out if its sender is within its rate; otherwise refuses it with `rate-limited`. */
export const throttle =
  (event: FrameEvent, me: Client, does: (me: Client) => Step): Step =>
  (state) => {
    const { messagesPerSecond, messageBurst } = state.shared.settings.limits;
    if (messagesPerSecond === 0) return does(me)(state);
    const rate = { perSecond: messagesPerSecond, burst: messageBurst, what: "messages" };
    const paidUntilMicros = pay(rate, me.paidUntilMicros, state.now);
    if (O.isNone(paidUntilMicros)) return refuseBeyond(rate, me, event.id)(state);
    const paid = clientWith(me, { paidUntilMicros: paidUntilMicros.value });
    return does(paid)(withClient(state, paid));
  };

export const pong =
  ({ client, id }: PingReceived) =>
  (me: Client): Step =>
  (state) =>
    id === undefined ? [state, [reply(client, { kind: "Pong", at: state.now })]] : answer(me, id, {})(state);

export const echo =
  ({ client, text }: TextReceived): Step =>
  (state) => [state, [reply(client, { kind: "Echo", at: state.now, original: text })]];

/** A frame that the dialect could not read is refused like any other. */
export const refuseFrame =
  ({ id, refusal }: FrameRefused) =>
  (me: Client): Step =>
    refuse(me, id, refusal);
