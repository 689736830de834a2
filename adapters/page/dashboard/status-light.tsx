import type { StepStatus } from "./progress.js";

const statusText: Readonly<Record<StepStatus, string>> = {
  pending: "not yet",
  active: "in progress",
  done: "done",
  failed: "failed",
};

/** A small round light. Shape and text say the same as its colour. */
export const StatusLight = ({ status }: { readonly status: StepStatus }) => (
  <svg class={`light light-${status}`} viewBox="0 0 16 16" aria-hidden="true">
    <circle class="light-disc" cx="8" cy="8" r="6.5" />
    {status === "done" && <path class="light-mark" d="M5 8.2l2.1 2.1L11 6.2" />}
    {status === "failed" && <path class="light-mark" d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" />}
    {status === "active" && <circle class="light-dot" cx="8" cy="8" r="2" />}
  </svg>
);

export interface StepListProps {
  readonly label: string;
  readonly steps: ReadonlyArray<readonly [name: string, status: StepStatus]>;
}

/** Steps in the order in which they are done, each with its light. */
export const StepList = ({ label, steps }: StepListProps) => (
  <ol class="steps" aria-label={label}>
    {steps.map(([name, status]) => (
      <li key={name} class={`step step-${status}`}>
        <StatusLight status={status} />
        <span>{name}</span>
        <span class="visually-hidden">: {statusText[status]}</span>
      </li>
    ))}
  </ol>
);
