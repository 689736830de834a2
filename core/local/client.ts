import * as Table from "../base/table.js";
import type {
  ClientConnected,
  ClientDisconnected,
  FrameEvent,
  FrameRefused,
  PingReceived,
  TextReceived,
} from "../event.js";
import type { Client } from "../state.js";
import { refuse, reply, type Step } from "../step.js";

/** A second connection under a number that is in use is stale: nothing happens. */
export const connect =
  ({ client: id }: ClientConnected): Step =>
  (state) => {
    if (Table.has(state.clients, id)) return [state, []];
    const client: Client = { id, paidUntilMicros: 0, channels: [], users: [], seats: [], created: [] };
    return [{ ...state, clients: Table.set(state.clients, id, client) }, []];
  };

export const forget =
  ({ id }: Client): Step =>
  (state) => [{ ...state, clients: Table.remove(state.clients, id) }, []];

/** What the client does, as it now is; nothing if it is not connected. */
export const as =
  ({ client }: ClientDisconnected | FrameEvent, does: (me: Client) => Step): Step =>
  (state) => {
    const me = Table.get(state.clients, client);
    return me === undefined ? [state, []] : does(me)(state);
  };

/**
 * Carries a frame out if its sender is connected and within its rate, and refuses it with `rate-limited` otherwise. The rate is
 * a leaky bucket in one number: each frame is paid for with `1 s / messagesPerSecond`, and a client may be in debt for a burst.
 */
export const admit = (event: FrameEvent, does: (me: Client) => Step): Step =>
  as(event, (me) => (state) => {
    const { messagesPerSecond, messageBurst } = state.settings.limits;
    if (messagesPerSecond === 0) return does(me)(state);
    const priceMicros = Math.ceil(1_000_000 / messagesPerSecond);
    const nowMicros = state.now * 1_000;
    const paidUntilMicros = Math.max(nowMicros, me.paidUntilMicros) + priceMicros;
    if (paidUntilMicros - nowMicros > messageBurst * priceMicros)
      return refuse(me.id, {
        code: "rate-limited",
        message: `more than ${messagesPerSecond} messages a second, after a burst of ${messageBurst}`,
      })(state);
    const paid = { ...me, paidUntilMicros };
    return does(paid)({ ...state, clients: Table.set(state.clients, me.id, paid) });
  });

export const pong =
  ({ client }: PingReceived): Step =>
  (state) => [state, [reply(client, { kind: "Pong", at: state.now })]];

export const echo =
  ({ client, text }: TextReceived): Step =>
  (state) => [state, [reply(client, { kind: "Echo", at: state.now, original: text })]];

/** What the edge could not read is refused in the same words as every other refusal. */
export const turnDown = ({ client, refusal }: FrameRefused): Step => refuse(client, refusal);
