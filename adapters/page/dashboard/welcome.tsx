import { Track } from "./lamp.js";
import { NameForm } from "./name-form.js";
import type { Event } from "./state.js";

export const Welcome = ({ tell }: { readonly tell: (event: Event) => void }) => (
  <section class="welcome card" aria-labelledby="welcome-title">
    <h1 id="welcome-title">Talk directly, browser to browser</h1>
    <p class="lead">
      Open a room or ask to join one. The server only sets the signals: what you say goes straight from your browser to
      theirs.
    </p>
    <NameForm
      label="What should others call you?"
      action="Continue"
      name=""
      named={(name) => tell({ kind: "Named", name })}
    />
    <Track
      label="How it works"
      steps={[
        ["Give a name", "underway"],
        ["Open or join a room", "off"],
        ["Talk", "off"],
      ]}
    />
  </section>
);
