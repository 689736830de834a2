import type { Candidates } from "./candidates.js";
import type { Failure, Progress } from "./progress.js";

/** How far a connection has got, what is expected of it next, and by when. */
export interface Health {
  readonly progress: () => Progress;
  readonly report: () => void;
  /** Something has to happen within so many ms; it takes the place of what was expected before. */
  readonly expect: (ms: number, otherwise: () => void) => void;
  readonly expectNothing: () => void;
  /** Both descriptions are known: what is awaited, unless there is one already, is a route. */
  readonly expectRoute: () => void;
  /** What had failed is tried anew. */
  readonly recover: () => void;
  /** The other side did not answer, or cannot be reached. */
  readonly failToReach: () => void;
  readonly failToUse: (error: unknown) => void;
}

const routeMs = 15_000;

export const health = (
  pc: RTCPeerConnection,
  channel: RTCDataChannel,
  counts: Candidates["counts"],
  progressed: (progress: Progress) => void,
): Health => {
  let failure: Failure | undefined;
  let deadline: number | undefined;
  let wasOpen = false;
  let isRestarting = false;

  const progress = () => progressOf(pc, channel, isRestarting, failure);
  const report = () => progressed(progress());
  const fail = (why: Failure): void => {
    failure = why;
    report();
  };
  const failToReach = () => fail(pc.currentRemoteDescription === null ? { kind: "no-answer" } : noRoute());
  const noRoute = (): Failure => (wasOpen ? { kind: "lost" } : { kind: "no-pair", ...counts() });
  const recover = () => {
    failure = undefined;
  };
  const expectNothing = () => clearTimeout(deadline);
  const expect = (ms: number, otherwise: () => void): void => {
    clearTimeout(deadline);
    deadline = setTimeout(otherwise, ms);
  };

  pc.onsignalingstatechange = report;
  pc.oniceconnectionstatechange = () => {
    const { iceConnectionState: ice } = pc;
    if (ice === "connected" || ice === "completed") {
      isRestarting = false;
      recover();
    }
    if (ice !== "failed") return report();
    if (!wasOpen || isRestarting) return fail(noRoute());
    isRestarting = true;
    pc.restartIce();
    report();
  };
  channel.onopen = () => {
    expectNothing();
    wasOpen = true;
    recover();
    report();
  };
  channel.onclose = report;

  return {
    progress,
    report,
    expect,
    expectNothing,
    expectRoute: () => {
      expectNothing();
      if (channel.readyState === "connecting") expect(routeMs, () => fail(noRoute()));
    },
    recover,
    failToReach,
    failToUse: (error) => fail(unusable(error)),
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

/** The browser refused what it was asked to do with a connection. */
export const unusable = (error: unknown): Failure => ({
  kind: "unusable",
  detail: error instanceof Error ? error.message : String(error),
});
