import type { Lamp } from "./progress.js";

const meanings: Readonly<Record<Lamp, string>> = {
  off: "not yet",
  underway: "under way",
  done: "done",
  failed: "failed",
};

/** A signal lamp. Its colour is never the only sign: shape and words say the same. */
export const Bulb = ({ lamp }: { readonly lamp: Lamp }) => (
  <svg class={`bulb bulb-${lamp}`} viewBox="0 0 16 16" aria-hidden="true">
    <circle class="bulb-glass" cx="8" cy="8" r="6.5" />
    {lamp === "done" && <path class="bulb-mark" d="M5 8.2l2.1 2.1L11 6.2" />}
    {lamp === "failed" && <path class="bulb-mark" d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" />}
    {lamp === "underway" && <circle class="bulb-dot" cx="8" cy="8" r="2" />}
  </svg>
);

export interface TrackProps {
  readonly label: string;
  readonly steps: ReadonlyArray<readonly [name: string, lamp: Lamp]>;
}

/** Lamps along a line, in the order in which they light up. */
export const Track = ({ label, steps }: TrackProps) => (
  <ol class="track" aria-label={label}>
    {steps.map(([name, lamp]) => (
      <li key={name} class={`track-step track-${lamp}`}>
        <Bulb lamp={lamp} />
        <span>{name}</span>
        <span class="unseen">: {meanings[lamp]}</span>
      </li>
    ))}
  </ol>
);
