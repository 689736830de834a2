import { createHash } from "node:crypto";
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import {
  type ChannelName,
  channelsOf,
  type Effect,
  type Event,
  lineOf,
  type NodeId,
  type State,
} from "../../core/index.js";

type Sent = Extract<Effect, { readonly kind: "Forward" | "Reply" }>;
type Arrived = Extract<Event, { readonly kind: "Forwarded" | "Replied" }>;

export interface PostPorts {
  /** The number of the last entry that has been given to the core, which takes what comes after it later. */
  readonly lastSeq: () => number;
  readonly now: () => number;
  readonly arrived: (event: Arrived) => void;
  readonly warn: (sentence: string) => void;
}

/** What nodes tell each other beside the log: nothing of it is kept, and what is lost is answered by a time-out. */
export interface Post {
  readonly send: (effect: Sent) => void;
  /** From now on this node is called so. */
  readonly listenAs: (node: NodeId) => void;
  /** Takes the state after an event: who has subscribed to a channel decides what is sent here. */
  readonly follow: (state: State) => void;
}

/** What was sent after an entry waits so long until that has been applied here, too. */
const behindMs = 1_000;
const stepMs = 5;
/** Channels that come and go are seen to together. */
const followMs = 10;

export const post = (connection: NatsConnection, name: string, ports: PostPorts): Post => {
  let own: NodeId | undefined;
  let inbox: Subscription | undefined;
  let subscribers: State["local"]["subscribers"] | undefined;
  /** Whose channels have changed, and have not been seen to. */
  let followed: State | undefined;
  const waiting: Array<{ readonly event: Arrived; readonly seq: number; readonly until: number }> = [];
  const channels = new Map<ChannelName, Subscription>();

  const nodeSubject = (node: NodeId): string => `${name}.node.${node}`;
  // Clients choose the names of channels, and a subject may not have all characters.
  const channelSubject = (channel: ChannelName): string =>
    `${name}.channel.${createHash("sha256").update(channel).digest("base64url")}`;

  const publish = (subject: string, message: object): void => {
    try {
      connection.publish(subject, JSON.stringify({ from: own, seq: ports.lastSeq(), ...message }));
    } catch (error) {
      // It is closed, or this is more than it takes.
      ports.warn(`A message for another node cannot be sent: ${String(error).slice(0, 200)}.`);
    }
  };

  const take = (text: string): void => {
    const message = JSON.parse(text);
    if (message.from === own) return;
    const found = lineOf({ ...message.event, at: ports.now() });
    if (E.isLeft(found) || !("kind" in found.right)) {
      ports.warn(
        `A message of node ${String(message.from)} cannot be read: ${E.isLeft(found) ? found.left : "it is none"}.`,
      );
      return;
    }
    waiting.push({ event: found.right as Arrived, seq: Number(message.seq), until: performance.now() + behindMs });
    if (waiting.length === 1) deliver();
  };

  // In the order in which they came.
  const deliver = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (next.seq > ports.lastSeq() && performance.now() < next.until) return void setTimeout(deliver, stepMs);
      waiting.shift();
      ports.arrived(next.event);
    }
  };

  const callback = (_: Error | null, message: Msg): void => {
    try {
      take(message.string());
    } catch (error) {
      ports.warn(`A message of another node cannot be read: ${String(error).slice(0, 200)}.`);
    }
  };

  const subscribe = (): void => {
    // The server has stopped meanwhile.
    if (connection.isClosed()) return;
    const there = new Set(followed === undefined ? [] : channelsOf(followed));
    followed = undefined;
    for (const channel of there)
      if (!channels.has(channel)) channels.set(channel, connection.subscribe(channelSubject(channel), { callback }));
    for (const [channel, subscription] of channels)
      if (!there.has(channel)) {
        subscription.unsubscribe();
        channels.delete(channel);
      }
  };

  return {
    send: (effect) => {
      if (effect.kind === "Reply") {
        const { asked, answer } = effect;
        return publish(nodeSubject(effect.to), { event: { kind: "Replied", asked, answer } });
      }
      const { to, message } = effect;
      if (to !== "subscribers") {
        for (const node of to)
          publish(nodeSubject(node), { event: { kind: "Forwarded", from: own, about: "sessions", ...message } });
        return;
      }
      if (message.request.kind === "PublishRequested")
        publish(channelSubject(message.request.channel), {
          event: { kind: "Forwarded", from: own, about: "subscribers", ...message },
        });
    },
    listenAs: (node) => {
      inbox?.unsubscribe();
      own = node;
      inbox = connection.subscribe(nodeSubject(node), { callback });
    },
    follow: (state) => {
      if (state.local.subscribers === subscribers) return;
      if (followed === undefined) setTimeout(subscribe, followMs);
      subscribers = state.local.subscribers;
      followed = state;
    },
  };
};
