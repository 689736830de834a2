import { directoryChannel } from "../base/id.js";
import type { JoinRequested, LeaveRequested, PublishRequested } from "../event.js";
import type { Client } from "../state.js";
import { type Step, send } from "../step.js";

/** To every other subscriber of the channel, or, where it names a user and the settings allow, to those it may be for. */
export const publish =
  ({ client, channel, type, from, to, text }: PublishRequested) =>
  ({ dialect }: Client): Step =>
  (state) => [
    state,
    [
      send(
        to !== undefined && state.shared.settings.delivery === "targeted"
          ? { kind: "User", channel, sender: client, user: to }
          : { kind: "Others", channel, sender: client },
        {
          kind: "Relay",
          channel,
          type,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          dialect,
          text,
        },
      ),
    ],
  ];

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
