import { useState } from "preact/hooks";
import type { Call } from "./call.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { useFocus } from "./door.js";
import { Icon } from "./icons.js";
import { Knocks } from "./knocks.js";
import { Notice } from "./notice.js";
import { People } from "./people.js";
import { inviteTo } from "./place.js";
import { Tiles } from "./tiles.js";
import { stateText } from "./words.js";

interface CallViewProps {
  readonly call: Call;
  readonly leave: () => void;
}

export const CallView = ({ call, leave }: CallViewProps) => (
  <div class="call">
    <CallHeader call={call} />
    <div class="call-notices">
      <Notice text={stateText[call.room.state]} />
      <Notice text={call.problem} dismiss={call.dismiss} />
      <Knocks call={call} />
    </div>
    <Tiles call={call} />
    <Controls call={call} leave={leave} />
    <aside class="side" aria-label="People and chat">
      <People call={call} />
      <Chat chat={call.chat} say={call.say} />
    </aside>
  </div>
);

const CallHeader = ({ call: { room } }: { readonly call: Call }) => {
  const heading = useFocus();
  return (
    <header class="call-header">
      <h1 tabIndex={-1} ref={heading}>
        <bdi>{room.name}</bdi>
      </h1>
      {room.locked && (
        <span class="tag">
          <Icon of="lock" /> Locked
        </span>
      )}
      {room.policy.lobby && <span class="tag">Waiting room</span>}
      <CopyInvite room={room.id} />
    </header>
  );
};

const CopyInvite = ({ room }: { readonly room: string }) => {
  const [said, say] = useState("");
  const link = inviteTo(room);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      say("Copied");
    } catch {
      // Without HTTPS, or without permission, there is no clipboard: then the link is there to be selected.
      say(link);
    }
  };
  return (
    <div class="invite">
      <button type="button" class="secondary small with-icon" onClick={copy}>
        <Icon of="link" /> Copy invite
      </button>
      <span role="status" class="note">
        {said}
      </span>
    </div>
  );
};
