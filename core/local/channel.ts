import type { ChannelName } from "../base/id.js";
import * as Multimap from "../base/multimap.js";
import * as Table from "../base/table.js";
import type { SubscribeRequested, UnsubscribeRequested } from "../event.js";
import { clientWith, withLocal } from "../replace.js";
import { type Client, isObserver } from "../state.js";
import type { Step } from "../step.js";
import { refuse } from "./mailbox.js";

/** Twice is once. Refused: `too-many-channels`. */
export const subscribe =
  ({ channel, hasSignals }: SubscribeRequested) =>
  (me: Client): Step =>
  (state) => {
    if (me.channels.includes(channel)) return [state, []];
    const { clientChannelsMax } = state.shared.settings.limits;
    if (me.channels.length >= clientChannelsMax)
      return refuse(me, undefined, {
        code: "too-many-channels",
        request: "SubscribeRequested",
        message: `channel limit reached: ${clientChannelsMax} channels per client`,
      })(state);
    const subscribed: Client = clientWith(me, { channels: [...me.channels, channel] });
    const { clients, subscribers, observers, signalChannels } = state.local;
    return [
      withLocal(state, {
        clients: Table.set(clients, me.id, subscribed),
        subscribers: Multimap.add(subscribers, channel, me.id),
        observers: isObserver(state, me) ? Multimap.add(observers, channel, me.id) : observers,
        signalChannels: hasSignals === true ? Table.set(signalChannels, channel, true as const) : signalChannels,
      }),
      [],
    ];
  };

/** Unsubscribing what was never subscribed is harmless. */
export const unsubscribe =
  ({ channel }: UnsubscribeRequested) =>
  (me: Client): Step =>
  (state) => {
    if (!me.channels.includes(channel)) return [state, []];
    const left: Client = clientWith(me, { channels: me.channels.filter((other) => other !== channel) });
    return dropped([channel], me)(withLocal(state, { clients: Table.set(state.local.clients, me.id, left) }));
  };

/** Of a client that disconnects. */
export const dropAllOf = (me: Client): Step => dropped(me.channels, me);

const dropped =
  (channels: ReadonlyArray<ChannelName>, me: Client): Step =>
  (state) => {
    let { subscribers, observers } = state.local;
    let { signalChannels } = state.local;
    for (const channel of channels) {
      subscribers = Multimap.remove(subscribers, channel, me.id);
      if (!Table.has(subscribers, channel)) signalChannels = Table.remove(signalChannels, channel);
    }
    if (isObserver(state, me)) for (const channel of channels) observers = Multimap.remove(observers, channel, me.id);
    return [withLocal(state, { subscribers, observers, signalChannels }), []];
  };
