import { useEffect, useRef } from "preact/hooks";
import type { Waiting } from "../../client/index.js";
import { BidiText } from "./bidi.js";
import { NameField, onSubmit } from "./form.js";
import type { Meet, Scene } from "./meet.js";

/** A new view begins at its heading: for the keyboard, and for who listens. */
export const useFocus = () => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return heading;
};

interface DoorProps {
  readonly meet: Meet;
  readonly room: string;
}

export const Door = ({ meet, room }: DoorProps) => (
  <section class="card door" aria-labelledby="door-title">
    <h1 id="door-title" tabIndex={-1}>
      Join <bdi>{room}</bdi>
    </h1>
    <p class="lead">Camera and microphone stay off until you switch them on.</p>
    <form
      onSubmit={onSubmit(({ name }) => {
        if (!name) return;
        meet.rename(name);
        meet.enter(room);
      })}
    >
      <NameField name={meet.name} rename={meet.rename} />
      <div class="buttons">
        <button type="submit">Join</button>
        <button type="button" class="secondary" onClick={meet.goHome}>
          All rooms
        </button>
      </div>
    </form>
    <p class="note">If there is no such room yet, you open it and are its host.</p>
  </section>
);

export const Entering = ({ meet, room }: DoorProps) => {
  const heading = useFocus();
  return (
    <section class="card door" aria-busy="true" aria-labelledby="door-title">
      <h1 id="door-title" tabIndex={-1} ref={heading}>
        Joining <bdi>{room}</bdi>…
      </h1>
      <div class="buttons">
        <button type="button" class="secondary" onClick={meet.goHome}>
          Cancel
        </button>
      </div>
    </section>
  );
};

export const WaitingRoom = ({ meet, waiting }: { readonly meet: Meet; readonly waiting: Waiting }) => {
  const heading = useFocus();
  return (
    <section class="card door" aria-labelledby="door-title">
      <p class="pulse" aria-hidden="true">
        <span />
        <span />
        <span />
      </p>
      <h1 id="door-title" tabIndex={-1} ref={heading}>
        Waiting to be let in
      </h1>
      <p class="lead" role="status">
        The host of <bdi>{waiting.name}</bdi> has been told that <bdi>{meet.name}</bdi> is here.
      </p>
      <div class="buttons">
        <button type="button" class="secondary" onClick={meet.withdraw}>
          Withdraw
        </button>
      </div>
    </section>
  );
};

interface OverProps {
  readonly meet: Meet;
  readonly scene: Extract<Scene, { readonly kind: "over" }>;
}

export const Over = ({ meet, scene }: OverProps) => {
  const heading = useFocus();
  return (
    <section class="card door" aria-labelledby="door-title">
      <h1 id="door-title" tabIndex={-1} ref={heading}>
        <bdi>{scene.name}</bdi>
      </h1>
      <p class="lead" role="alert">
        <BidiText text={scene.why} />
      </p>
      <div class="buttons">
        <button type="button" onClick={meet.goHome}>
          All rooms
        </button>
        <button type="button" class="secondary" onClick={() => meet.enter(scene.room)}>
          Join again
        </button>
      </div>
    </section>
  );
};
