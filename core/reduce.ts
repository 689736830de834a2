import * as Announce from "./announce.js";
import * as Channel from "./channel.js";
import * as Client from "./client.js";
import type { Effect } from "./effect.js";
import type { Event } from "./event.js";
import type { Millis } from "./id.js";
import * as Identity from "./identity.js";
import * as Relay from "./relay.js";
import * as Room from "./room.js";
import * as Server from "./server.js";
import type { State } from "./state.js";
import { ifChanged, nothing, type Step, sequence } from "./step.js";

/**
 * The whole server as a function: total, deterministic, O(log n) in everything but what a disconnect has to clear away. An event
 * that changes nothing returns the identical state. Effects are to be carried out against the returned state, in order.
 */
export const reduce = (state: State, event: Event): readonly [State, ReadonlyArray<Effect>] => {
  const now = Math.max(state.now, event.at) as Millis;
  const before = now === state.now ? state : { ...state, now };
  const [after, effects] = transition(event)(before);
  if (after === before) return [state, effects];
  const [announced, announcements] = sequence(Announce.keepRepeating, Announce.changesSince(before))(after);
  return [announced, [...announcements, ...effects]];
};

const transition = (event: Event): Step => {
  switch (event.kind) {
    case "ServerStarted":
      return Server.start(event);
    case "ServerStopping":
      return Server.stop;
    case "ClockTicked":
      return sequence(Room.expire, Announce.repeatList);
    case "ClientConnected":
      return Client.connect(event);
    case "ClientDisconnected":
      return Client.ifConnected(
        event,
        sequence(Channel.dropAllOf(event), Identity.forgetAllOf(event), Room.releaseAllOf(event), Client.forget(event)),
      );
    case "ChannelSubscribed":
      return Client.admit(event, Channel.subscribe(event));
    case "ChannelUnsubscribed":
      return Client.admit(event, Channel.unsubscribe(event));
    case "PingReceived":
      return Client.admit(event, Client.pong(event));
    case "TextReceived":
      return Client.admit(event, Client.echo(event));
    case "RoomCreated":
      return Client.admit(event, Room.create(event));
    case "UserJoinedRoom":
      return Client.admit(
        event,
        ifChanged(Room.join(event), sequence(Identity.learn(event.client, event.userId), Relay.passOn(event))),
      );
    case "UserLeftRoom":
      return Client.admit(event, ifChanged(Room.leave(event), Relay.passOn(event)));
    case "RoomListRequested":
      return Client.admit(event, Room.list(event));
    case "MessagePublished":
      return Client.admit(
        event,
        sequence(event.from === undefined ? nothing : Identity.learn(event.client, event.from), Relay.publish(event)),
      );
    case "FrameRefused":
      return Client.admit(event, Client.turnDown(event));
  }
};
