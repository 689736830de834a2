import type { Failure, Progress } from "./progress.js";

/** Watches one connection: how far it has got, and whether the next step happens in time. */
export interface ConnectionMonitor {
  readonly progress: () => Progress;
  readonly report: () => void;
  /** Calls `onTimeout` unless something cancels it within so many ms. There is one deadline at a time; a new one replaces it. */
  readonly setDeadline: (ms: number, onTimeout: () => void) => void;
  readonly clearDeadline: () => void;
  /** Both descriptions are known: fails unless the channel opens in time. */
  readonly awaitRoute: () => void;
  /** Signals have come after a failure: the connection is tried again. */
  readonly clearFailure: () => void;
  readonly failUnanswered: () => void;
  readonly failWithError: (error: unknown) => void;
}

const routeMs = 15_000;

export const connectionMonitor = (
  pc: RTCPeerConnection,
  channel: RTCDataChannel,
  candidatesReceived: () => number,
  onProgress: (progress: Progress) => void,
): ConnectionMonitor => {
  let failure: Failure | undefined;
  let deadline: number | undefined;
  let wasOpen = false;
  let isRestarting = false;

  const progress = () => progressOf(pc, channel, isRestarting, failure);
  const report = () => onProgress(progress());
  const fail = (why: Failure): void => {
    failure = why;
    report();
  };
  const failWithoutRoute = () =>
    fail(wasOpen ? { kind: "lost" } : { kind: "no-route", candidatesReceived: candidatesReceived() });
  const clearFailure = () => {
    failure = undefined;
  };
  const clearDeadline = () => clearTimeout(deadline);
  const setDeadline = (ms: number, onTimeout: () => void): void => {
    clearTimeout(deadline);
    deadline = setTimeout(onTimeout, ms);
  };

  pc.onsignalingstatechange = report;
  pc.oniceconnectionstatechange = () => {
    const { iceConnectionState: ice } = pc;
    if (ice === "connected" || ice === "completed") {
      isRestarting = false;
      clearFailure();
    }
    if (ice !== "failed") return report();
    if (!wasOpen || isRestarting) return failWithoutRoute();
    isRestarting = true;
    pc.restartIce();
    report();
  };
  channel.onopen = () => {
    clearDeadline();
    wasOpen = true;
    clearFailure();
    report();
  };
  channel.onclose = report;

  return {
    progress,
    report,
    setDeadline,
    clearDeadline,
    awaitRoute: () => {
      clearDeadline();
      if (channel.readyState === "connecting") setDeadline(routeMs, failWithoutRoute);
    },
    clearFailure,
    failUnanswered: () => (pc.currentRemoteDescription === null ? fail({ kind: "no-answer" }) : failWithoutRoute()),
    failWithError: (error) => fail(browserError(error)),
  };
};

const progressOf = (
  pc: RTCPeerConnection,
  { readyState }: RTCDataChannel,
  isRestarting: boolean,
  failure: Failure | undefined,
): Progress => {
  if (readyState === "closing" || readyState === "closed") return { stage: "closed" };
  if (failure !== undefined) return { stage: "failed", failure };
  if (readyState === "open")
    return { stage: pc.iceConnectionState === "disconnected" || isRestarting ? "interrupted" : "open" };
  if (pc.currentRemoteDescription !== null) return { stage: "checking" };
  return { stage: pc.localDescription === null ? "waiting" : "offered" };
};

/** The browser could not do what it was asked to do with a connection. */
export const browserError = (error: unknown): Failure => ({
  kind: "browser-error",
  detail: error instanceof Error ? error.message : String(error),
});
