import type { ChannelSubscribed, ChannelUnsubscribed, ClientDisconnected } from "./event.js";
import * as Relation from "./relation.js";
import { isObserver } from "./state.js";
import { refuse, type Step } from "./step.js";

/** Twice is once. Refused: `too-many-channels`. */
export const subscribe =
  ({ client, channel }: ChannelSubscribed): Step =>
  (state) => {
    if (Relation.has(state.subscriptions, client, channel)) return [state, []];
    const { clientChannelsMax } = state.settings.limits;
    if (Relation.from(state.subscriptions, client).size >= clientChannelsMax)
      return refuse(client, {
        code: "too-many-channels",
        about: "subscribe",
        message: `a client may be subscribed to ${clientChannelsMax} channels at most`,
      })(state);
    return [
      {
        ...state,
        subscriptions: Relation.link(state.subscriptions, client, channel),
        observers: isObserver(state, client) ? Relation.link(state.observers, client, channel) : state.observers,
      },
      [],
    ];
  };

/** Unsubscribing what was never subscribed is harmless. */
export const unsubscribe =
  ({ client, channel }: ChannelUnsubscribed): Step =>
  (state) =>
    Relation.has(state.subscriptions, client, channel)
      ? [
          {
            ...state,
            subscriptions: Relation.unlink(state.subscriptions, client, channel),
            observers: Relation.unlink(state.observers, client, channel),
          },
          [],
        ]
      : [state, []];

export const dropAllOf =
  ({ client }: ClientDisconnected): Step =>
  (state) => [
    {
      ...state,
      subscriptions: Relation.unlinkFrom(state.subscriptions, client),
      observers: Relation.unlinkFrom(state.observers, client),
    },
    [],
  ];
