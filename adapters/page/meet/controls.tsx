import type { Call } from "./call.js";
import { Icon } from "./icons.js";
import type { MediaKind } from "./local-media.js";

const labels: Readonly<Record<MediaKind, string>> = {
  microphone: "Microphone",
  camera: "Camera",
  screen: "Share screen",
};

interface ControlsProps {
  readonly call: Call;
  readonly leave: () => void;
}

export const Controls = ({ call, leave }: ControlsProps) => (
  <div class="controls" role="toolbar" aria-label="Call">
    {(["microphone", "camera", "screen"] as const).map((kind) => (
      <Toggle key={kind} call={call} kind={kind} />
    ))}
    <button type="button" class="control danger" onClick={leave}>
      <Icon of="leave" />
      <span>Leave</span>
    </button>
  </div>
);

const canShareScreen = (): boolean => navigator.mediaDevices?.getDisplayMedia !== undefined;

const Toggle = ({ call: { media }, kind }: { readonly call: Call; readonly kind: MediaKind }) => {
  if (kind === "screen" && !canShareScreen()) return null;
  const isOn = media.isOn(kind);
  return (
    <button
      type="button"
      class={isOn ? "control control-on" : "control"}
      aria-pressed={isOn}
      aria-busy={media.isStarting(kind)}
      onClick={() => void media.toggle(kind)}
    >
      <Icon of={kind} isOff={!isOn && kind !== "screen"} />
      <span>{labels[kind]}</span>
    </button>
  );
};
