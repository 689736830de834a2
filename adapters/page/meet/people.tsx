import type { Participant } from "../../client/index.js";
import type { Call } from "./call.js";
import { Countdown } from "./countdown.js";
import { PersonMenu } from "./person-menu.js";
import { connectionText, failureText, roleText, timeOf, whyCommand } from "./words.js";

export const People = ({ call }: { readonly call: Call }) => {
  const { room, attempt } = call;
  const { role } = room.me;
  return (
    <section class="card people" aria-labelledby="people-title">
      <div class="heading-row">
        <h2 id="people-title">
          People <span class="count">{room.participants.size}</span>
        </h2>
        {role !== "participant" && (
          <div class="buttons">
            <button type="button" class="secondary small" onClick={() => attempt(() => room.lock(!room.locked))}>
              {room.locked ? "Unlock room" : "Lock room"}
            </button>
            {role === "host" && (
              <button type="button" class="secondary small" onClick={() => attempt(() => room.close())}>
                Close room
              </button>
            )}
          </div>
        )}
      </div>
      <ul aria-label="People">
        {[...room.participants.values()].map((participant) => (
          <Person key={participant.user} call={call} participant={participant} />
        ))}
      </ul>
    </section>
  );
};

interface PersonProps {
  readonly call: Call;
  readonly participant: Participant;
}

const Person = ({ call, participant }: PersonProps) => {
  const { name, isMe, role } = participant;
  return (
    <li class="person" aria-label={isMe ? `${name} (you)` : name}>
      <div class="person-text">
        <p class="person-name">
          <bdi>{name}</bdi>
          {isMe && <span class="note"> (you)</span>}
          {roleText[role] !== "" && <span class="tag">{roleText[role]}</span>}
        </p>
        {!isMe && <PersonState call={call} participant={participant} />}
      </div>
      <PersonMenu call={call} participant={participant} />
    </li>
  );
};

const PersonState = ({ call, participant }: PersonProps) => {
  const { awayUntil } = participant;
  const reason = call.failures.get(participant.user);
  const state = connectionText(participant);
  return (
    <>
      {state !== "" && <p class={`note state state-${participant.connection}`}>{state}</p>}
      {awayUntil !== undefined && (
        <p class="caution">
          Away until {timeOf(awayUntil)}, <Countdown until={awayUntil} /> left
        </p>
      )}
      {reason !== undefined && (
        <div class="failure">
          <p class="warning">Could not be reached: {failureText(reason)}.</p>
          <p class="note">If the server makes a recording, this explains it:</p>
          <code>{whyCommand(call.room.me.name, participant.name)}</code>
        </div>
      )}
    </>
  );
};
