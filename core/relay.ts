import type { MessagePublished, UserJoinedRoom, UserLeftRoom } from "./event.js";
import { roomsChannel } from "./id.js";
import { type Step, send } from "./step.js";

/** To every other subscriber of the channel, or, where it names a user and the settings allow, to those it may be for. */
export const publish =
  ({ client, channel, to, text }: MessagePublished): Step =>
  (state) => [
    state,
    [
      send(
        to !== undefined && state.settings.relay === "targeted"
          ? { kind: "User", channel, sender: client, user: to }
          : { kind: "Others", channel, sender: client },
        { kind: "Relay", text },
      ),
    ],
  ];

/** An accepted room event goes to the other subscribers of the rooms channel too, if the settings say so. */
export const passOn =
  ({ client, text }: UserJoinedRoom | UserLeftRoom): Step =>
  (state) => [
    state,
    state.settings.roomEvents === "relay"
      ? [send({ kind: "Others", channel: roomsChannel, sender: client }, { kind: "Relay", text })]
      : [],
  ];
