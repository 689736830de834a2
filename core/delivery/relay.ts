import { roomsChannel } from "../base/id.js";
import type { JoinRequested, LeaveRequested, PublishRequested } from "../event.js";
import { type Step, send } from "../step.js";

/** To every other subscriber of the channel, or, where it names a user and the settings allow, to those it may be for. */
export const publish =
  ({ client, channel, to, text }: PublishRequested): Step =>
  (state) => [
    state,
    [
      send(
        to !== undefined && state.settings.delivery === "targeted"
          ? { kind: "User", channel, sender: client, user: to }
          : { kind: "Others", channel, sender: client },
        { kind: "Relay", text },
      ),
    ],
  ];

/** An accepted room event goes to the other subscribers of the rooms channel too, if the settings say so. */
export const passOn =
  ({ client, text }: JoinRequested | LeaveRequested): Step =>
  (state) => [
    state,
    state.settings.roomEvents === "relay"
      ? [send({ kind: "Others", channel: roomsChannel, sender: client }, { kind: "Relay", text })]
      : [],
  ];
