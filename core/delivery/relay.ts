import { directoryChannel } from "../base/id.js";
import type { Audience } from "../effect.js";
import type { JoinRequested, LeaveRequested, PublishRequested } from "../event.js";
import type { ServerMessage } from "../message.js";
import type { Client } from "../state.js";
import { type Step, send } from "../step.js";

/** To every other subscriber of the channel, or, where it names a user and the settings allow, to those it may be for. */
export const publish =
  (request: PublishRequested) =>
  ({ dialect }: Client): Step =>
  (state) => {
    const { client, channel, to } = request;
    const audience: Audience =
      to !== undefined && state.shared.settings.delivery === "targeted"
        ? { kind: "User", channel, sender: client, user: to }
        : { kind: "Others", channel, sender: client };
    return [state, [send(audience, relayOf(request, dialect))]];
  };

const relayOf = ({ channel, type, from, to, text }: PublishRequested, dialect: Client["dialect"]): ServerMessage => {
  if (from !== undefined && to !== undefined) return { kind: "Relay", channel, type, from, to, dialect, text };
  if (from !== undefined) return { kind: "Relay", channel, type, from, dialect, text };
  if (to !== undefined) return { kind: "Relay", channel, type, to, dialect, text };
  return { kind: "Relay", channel, type, dialect, text };
};

/** An accepted join or leave goes to the other subscribers of the directory too, if the settings say so. */
export const passOn =
  (request: JoinRequested | LeaveRequested) =>
  ({ dialect }: Client): Step =>
  (state) => {
    if (state.shared.settings.roomEvents !== "relay") return [state, []];
    const { roomId, userId, text } = request;
    const others = { kind: "Others", channel: directoryChannel, sender: request.client } as const;
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
