import type {
  ClientConnected,
  ClientDisconnected,
  FrameEvent,
  FrameRefused,
  PingReceived,
  TextReceived,
} from "./event.js";
import { nothing, refuse, reply, type Step } from "./step.js";
import * as Table from "./table.js";

/** A second connection under a number that is in use is stale: nothing happens. */
export const connect =
  ({ client, address }: ClientConnected): Step =>
  (state) =>
    Table.has(state.clients, client)
      ? [state, []]
      : [{ ...state, clients: Table.set(state.clients, client, { address, paidUntilMicros: 0 }) }, []];

export const forget =
  ({ client }: ClientDisconnected): Step =>
  (state) => [{ ...state, clients: Table.remove(state.clients, client) }, []];

/** A stale event, of a client that is not connected, changes nothing. */
export const ifConnected =
  ({ client }: ClientDisconnected | FrameEvent, then: Step): Step =>
  (state) =>
    Table.has(state.clients, client) ? then(state) : [state, []];

/**
 * Carries a frame out if its sender is connected and within its rate, and refuses it with `rate-limited` otherwise. The rate is
 * a leaky bucket in one number: each frame is paid for with `1 s / messagesPerSecond`, and a client may be in debt for a burst.
 */
export const admit =
  ({ client }: FrameEvent, then: Step): Step =>
  (state) => {
    const sender = Table.get(state.clients, client);
    if (sender === undefined) return nothing(state);
    const { messagesPerSecond, messageBurst } = state.settings.limits;
    if (messagesPerSecond === 0) return then(state);
    const priceMicros = Math.ceil(1_000_000 / messagesPerSecond);
    const nowMicros = state.now * 1_000;
    const paidUntilMicros = Math.max(nowMicros, sender.paidUntilMicros) + priceMicros;
    if (paidUntilMicros - nowMicros > messageBurst * priceMicros)
      return refuse(client, {
        code: "rate-limited",
        message: `more than ${messagesPerSecond} messages a second, after a burst of ${messageBurst}`,
      })(state);
    return then({ ...state, clients: Table.set(state.clients, client, { ...sender, paidUntilMicros }) });
  };

export const pong =
  ({ client }: PingReceived): Step =>
  (state) => [state, [reply(client, { kind: "Pong", at: state.now })]];

export const echo =
  ({ client, text }: TextReceived): Step =>
  (state) => [state, [reply(client, { kind: "Echo", at: state.now, original: text })]];

/** What the edge could not read is refused in the same words as every other refusal. */
export const turnDown = ({ client, refusal }: FrameRefused): Step => refuse(client, refusal);
