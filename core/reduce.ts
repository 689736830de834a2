import type { Millis } from "./base/id.js";
import * as Announce from "./delivery/announcements.js";
import * as Relay from "./delivery/relay.js";
import type { Effect } from "./effect.js";
import type { Event } from "./event.js";
import * as Channel from "./local/channel.js";
import * as Identity from "./local/claims.js";
import * as Client from "./local/client.js";
import * as Server from "./local/server.js";
import * as Room from "./shared/room.js";
import type { State } from "./state.js";
import { ifChanged, nothing, type Step, sequence } from "./step.js";

/**
 * The whole server as a function: total and deterministic. An event costs O(log n), and beyond that what it has to move: the channels,
 * users and places of a client that disconnects, the holders of a participant that leaves, the rooms that a tick closes. An event
 * that changes nothing returns the identical state. Effects are to be carried out against the returned state, in order.
 */
export const reduce = (state: State, event: Event): readonly [State, ReadonlyArray<Effect>] => {
  const now = Math.max(state.now, event.at) as Millis;
  const before = now === state.now ? state : { ...state, now };
  const [after, effects] = transition(event)(before);
  const isTick = event.kind === "ClockTicked";
  if (after === before && !isTick) return [state, effects];
  const announce = sequence(Announce.keepRepeating, Announce.changesSince(before), isTick ? Announce.sayOwed : nothing);
  const [announced, announcements] = announce(after);
  return announced === before ? [state, effects] : [announced, [...announcements, ...effects]];
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
      return ifChanged(Client.connect(event), Announce.greet(event.client));
    case "ClientDisconnected":
      return Client.as(event, (me) =>
        sequence(Channel.dropAllOf(me), Identity.forgetAllOf(me), Room.releaseAllOf(me), Client.forget(me)),
      );
    case "SubscribeRequested":
      return Client.admit(event, Channel.subscribe(event));
    case "UnsubscribeRequested":
      return Client.admit(event, Channel.unsubscribe(event));
    case "PingReceived":
      return Client.admit(event, () => Client.pong(event));
    case "TextReceived":
      return Client.admit(event, () => Client.echo(event));
    case "CreateRequested":
      return Client.admit(event, Room.create(event));
    case "JoinRequested":
      return Client.admit(event, (me) =>
        ifChanged(Room.join(event)(me), sequence(Client.as(event, Identity.learn(event.userId)), Relay.passOn(event))),
      );
    case "LeaveRequested":
      return Client.admit(event, (me) => ifChanged(Room.leave(event)(me), Relay.passOn(event)));
    case "RoomListRequested":
      return Client.admit(event, Announce.answer);
    case "PublishRequested":
      return Client.admit(event, (me) =>
        sequence(event.from === undefined ? nothing : Identity.learn(event.from)(me), Relay.publish(event)),
      );
    case "FrameRefused":
      return Client.admit(event, () => Client.turnDown(event));
  }
};
