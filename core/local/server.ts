import type { ServerStarted } from "../event.js";
import { initial } from "../state.js";
import type { Step } from "../step.js";

/** A run begins with nothing but its settings, whatever was before. */
export const start =
  ({ settings }: ServerStarted): Step =>
  ({ now }) => [{ ...initial, now, settings }, []];

/** Everybody is told to go; what they held goes when their sockets are closed. 1001 is "going away" (RFC 6455, 7.4.1). */
export const stop: Step = (state) => [
  state,
  [{ kind: "Close", to: { kind: "Everyone" }, code: 1001, reason: "the server is stopping" }],
];
