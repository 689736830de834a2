import manifest from "../../package.json" with { type: "json" };
import type { HistoryStatus } from "../history/history.js";
import type { ProbeOptions } from "../http/probes.js";
import type { LogStatus } from "../log/log.js";
import { reasonsOf } from "../observe/health.js";
import { loopDelay } from "../observe/loop-delay.js";
import { type Metrics, metrics } from "../observe/metrics.js";
import type { Connections } from "../sockets/connections.js";
import type { Sockets } from "../sockets/ws.js";
import type { Runtime } from "./runtime.js";

/** The parts of a server that are looked at, and what they are held against. */
export interface Observed {
  readonly loop: Runtime;
  readonly ws: Sockets;
  readonly open: Connections;
  readonly recording: () => { readonly state: string; readonly eventsWritten: number };
  readonly data: () => LogStatus;
  readonly history: () => HistoryStatus;
  readonly keyServerError: () => string | undefined;
  readonly isReady: () => boolean;
  readonly clientsMax: number;
  readonly connectionsMax: number;
  readonly protocols: ReadonlyArray<string>;
}

/** What is told about a running server: its metrics, and its probes. */
export interface Observation {
  readonly metrics: Metrics;
  readonly probes: ProbeOptions;
  readonly stop: () => void;
}

/** @param observed called when something is asked for: the parts may be made later than this */
export const observation = (observed: () => Observed): Observation => {
  const { version } = manifest;
  const made = metrics(() => {
    const { loop, ws, open, ...rest } = observed();
    return {
      ...rest,
      version,
      state: loop.state,
      queued: loop.queued,
      sockets: ws.totals,
      connections: open.count,
      connectionsDropped: open.dropped,
    };
  });
  const delay = loopDelay(made.delayed);
  return {
    metrics: made,
    stop: delay.stop,
    probes: {
      version,
      state: () => observed().loop.state(),
      recording: () => observed().recording(),
      data: () => observed().data(),
      history: () => observed().history(),
      isReady: () => observed().isReady(),
      protocols: () => observed().protocols,
      reasons: () => {
        const { loop, open, recording, data, history, keyServerError, isReady, clientsMax, connectionsMax } =
          observed();
        return reasonsOf({
          isReady: isReady(),
          recording: recording(),
          data: data(),
          history: history(),
          keyServerError: keyServerError(),
          loopDelayMs: delay.recentMaxMs(),
          clients: loop.state().local.clients.size,
          clientsMax,
          connections: open.count(),
          connectionsMax,
        });
      },
    },
  };
};
