import * as O from "fp-ts/lib/Option.js";
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
import { clientWith, withLocal } from "../replace.js";
import type { Client } from "../state.js";
import { reply, type Step } from "../step.js";
import { answer, refuse } from "./mailbox.js";

/** A second connection with an id that is in use is stale: nothing happens. */
export const connect =
  ({ client: id, session, dialect, verified, token, greeting }: ClientConnected): Step =>
  (state) => {
    const { clients, claimants } = state.local;
    if (Table.has(clients, id)) return [state, []];
    const identity = { claimed: [], verified: O.fromNullable(verified) };
    const member = greeting === undefined ? O.none : O.some({ user: greeting.user, name: greeting.name });
    const own = { id, session, generation: 1, dialect, member, token: O.fromNullable(token) };
    const client: Client = { ...own, ...identity, paidUntilMicros: 0, channels: [] };
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

/**
 * Carries a frame out if its sender is within its rate; otherwise refuses it with `rate-limited`. The throttle is
 * a leaky bucket in one number: each frame costs `1 s / messagesPerSecond`, and a client may owe a burst.
 */
export const throttle =
  (event: FrameEvent, me: Client, does: (me: Client) => Step): Step =>
  (state) => {
    const { messagesPerSecond, messageBurst } = state.shared.settings.limits;
    if (messagesPerSecond === 0) return does(me)(state);
    const priceMicros = Math.ceil(1_000_000 / messagesPerSecond);
    const nowMicros = state.now * 1_000;
    const paidUntilMicros = Math.max(nowMicros, me.paidUntilMicros) + priceMicros;
    if (paidUntilMicros - nowMicros > messageBurst * priceMicros)
      return refuse(me, event.id, {
        code: "rate-limited",
        message: `rate limit reached: ${messagesPerSecond} messages per second, with bursts of ${messageBurst}`,
        ...(O.isSome(me.member) ? { retryAfterMs: Math.ceil(priceMicros / 1_000) } : {}),
      })(state);
    const paid = clientWith(me, { paidUntilMicros });
    return does(paid)(withLocal(state, { clients: Table.set(state.local.clients, me.id, paid) }));
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
