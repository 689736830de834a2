import { NameForm } from "./forms.js";
import type { Event } from "./state.js";
import { StepList } from "./status-light.js";

export const Welcome = ({ dispatch }: { readonly dispatch: (event: Event) => void }) => (
  <section class="welcome card" aria-labelledby="welcome-title">
    <h1 id="welcome-title">Talk directly, browser to browser</h1>
    <p class="lead">
      Create a room or ask to join one. The server only helps the browsers find each other. Your messages go directly
      from browser to browser.
    </p>
    <NameForm
      label="What should others call you?"
      action="Continue"
      name=""
      onName={(name) => dispatch({ kind: "NameChanged", name })}
    />
    <StepList
      label="How it works"
      steps={[
        ["Enter your name", "active"],
        ["Create or join a room", "pending"],
        ["Talk", "pending"],
      ]}
    />
  </section>
);
