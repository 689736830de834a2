import type { Participant } from "../../client/index.js";
import type { Call } from "./call.js";
import { Countdown } from "./countdown.js";
import { Icon } from "./icons.js";
import { Video } from "./video.js";
import { connectionText, roleText } from "./words.js";

/** Everybody who is there, and every screen that is shared, as a tile. */
export const Tiles = ({ call }: { readonly call: Call }) => {
  // Mine last: the first has the most room.
  const everybody = [...call.room.others, call.room.me];
  const screens = everybody.flatMap((participant) => {
    const stream = screenOf(call, participant);
    return stream && hasPicture(stream) ? [{ participant, stream }] : [];
  });
  return (
    <section class="stage" aria-label="Pictures">
      <ul
        class={screens.length > 0 ? "tiles tiles-screen" : `tiles tiles-${Math.min(everybody.length, 5)}`}
        aria-label="Tiles"
      >
        {screens.map(({ participant, stream }) => (
          <li key={`${participant.user} screen`} class="tile tile-screen" aria-label={screenLabel(participant)}>
            <Video stream={stream} isMuted={participant.isMe} isMirrored={false} />
            <p class="tile-foot">
              <Icon of="screen" />
              <bdi>{screenLabel(participant)}</bdi>
            </p>
          </li>
        ))}
        {everybody.map((participant) => (
          <Tile key={participant.user} participant={participant} stream={cameraOf(call, participant)} />
        ))}
      </ul>
    </section>
  );
};

const screenOf = ({ media, screens }: Call, { isMe, user, streams }: Participant): MediaStream | undefined =>
  isMe ? media.screen : streams.find(({ id }) => id === screens.get(user));

const cameraOf = ({ media, screens }: Call, { isMe, user, streams }: Participant): MediaStream | undefined =>
  isMe ? media.camera : streams.find(({ id }) => id !== screens.get(user));

const screenLabel = ({ isMe, name }: Participant): string => (isMe ? "Your screen" : `${name}: screen`);

const hasPicture = (stream: MediaStream): boolean => stream.getVideoTracks().length > 0;
const hasSound = (stream: MediaStream | undefined): boolean => (stream?.getAudioTracks().length ?? 0) > 0;

interface TileProps {
  readonly participant: Participant;
  readonly stream: MediaStream | undefined;
}

const Tile = ({ participant, stream }: TileProps) => {
  const { name, isMe, role, awayUntil } = participant;
  const isShown = stream !== undefined && hasPicture(stream);
  return (
    <li class={awayUntil === undefined ? "tile" : "tile tile-away"} aria-label={isMe ? `${name} (you)` : name}>
      {stream && <Video stream={stream} isMuted={isMe} isMirrored={isMe} isHidden={!isShown} />}
      {!isShown && (
        <span class="initial" aria-hidden="true">
          {[...name.trim()][0]?.toUpperCase()}
        </span>
      )}
      {awayUntil !== undefined && (
        <p class="tile-state">
          Away, <Countdown until={awayUntil} /> left
        </p>
      )}
      {awayUntil === undefined && !isMe && participant.connection !== "connected" && (
        <p class="tile-state">{connectionText(participant)}</p>
      )}
      <p class="tile-foot">
        <Icon of="microphone" isOff={!hasSound(stream)} />
        <span class="visually-hidden">{hasSound(stream) ? "Microphone on" : "Microphone off"}</span>
        <span class="tile-name">
          <bdi>{name}</bdi>
          {isMe && " (you)"}
        </span>
        {roleText[role] !== "" && <span class="tile-role">{roleText[role]}</span>}
      </p>
    </li>
  );
};
