import { type ChannelName, type ClientId, directoryChannel } from "../base/id.js";
import * as Table from "../base/table.js";
import type { Audience } from "../effect.js";
import type { JoinRequested, LeaveRequested, PublishRequested } from "../event.js";
import type { ServerMessage } from "../message.js";
import { type Client, isListed, type State } from "../state.js";
import { type Step, send } from "../step.js";

/**
 * To every other subscriber of the channel, or, where it names a user and the settings allow, to those it may be for. Without a
 * `sender`, it comes from another node.
 */
export const publish =
  (request: PublishRequested, sender?: ClientId) =>
  ({ dialect }: Pick<Client, "dialect">): Step =>
  (state) => {
    const { channel, to } = request;
    const from = sender === undefined ? {} : { sender };
    const audience: Audience =
      to !== undefined && state.shared.settings.delivery === "targeted"
        ? { kind: "User", channel, user: to, ...from }
        : othersOf(channel, sender);
    return [state, [send(audience, relayOf(request, dialect))]];
  };

const othersOf = (channel: ChannelName, sender: ClientId | undefined): Audience =>
  sender === undefined ? { kind: "Subscribers", channel } : { kind: "Others", channel, sender };

const relayOf = ({ channel, type, from, to, text }: PublishRequested, dialect: Client["dialect"]): ServerMessage => {
  if (from !== undefined && to !== undefined) return { kind: "Relay", channel, type, from, to, dialect, text };
  if (from !== undefined) return { kind: "Relay", channel, type, from, dialect, text };
  if (to !== undefined) return { kind: "Relay", channel, type, to, dialect, text };
  return { kind: "Relay", channel, type, dialect, text };
};

/**
 * An accepted join or leave goes to the other subscribers of the directory too, if the settings say so: those of a listed room, and not
 * of somebody who only waits. `before` is the state in which the room of a leave is still there. Without a `sender`, it comes from
 * another node.
 */
export const passOn =
  (request: JoinRequested | LeaveRequested, before: State, sender?: ClientId) =>
  ({ dialect }: Pick<Client, "dialect">): Step =>
  (state) => {
    if (state.shared.settings.roomEvents !== "relay") return [state, []];
    const { roomId, userId, text } = request;
    const room = Table.get(state.shared.rooms, roomId) ?? Table.get(before.shared.rooms, roomId);
    if (room === undefined || !isListed(room)) return [state, []];
    if (request.kind === "JoinRequested" && !Table.has(room.participants, userId)) return [state, []];
    const others = othersOf(directoryChannel, sender);
    return [
      state,
      [
        send(
          others,
          request.kind === "JoinRequested"
            ? { kind: "JoinRelay", roomId, userId, userName: request.userName, dialect, text }
            : { kind: "LeaveRelay", roomId, userId, dialect, text },
        ),
      ],
    ];
  };
