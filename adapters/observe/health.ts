/** Why a server that answers is not as it should be. */
export interface Reason {
  readonly code:
    | "draining"
    | "recording-ended"
    | "data-failing"
    | "history-failing"
    | "webhooks-failing"
    | "key-server-failing"
    | "event-loop-delayed"
    | "clients-full"
    | "connections-full";
  /** For whoever reads `/health`. Names nobody. */
  readonly sentence: string;
}

/** What is looked at. */
export interface Condition {
  readonly isReady: boolean;
  readonly recording: { readonly state: string; readonly eventsWritten: number };
  readonly data: HistoryCondition;
  readonly history: HistoryCondition & { readonly webhooks?: HistoryCondition };
  /** What the key server last failed with; undefined where it has not. */
  readonly keyServerError: string | undefined;
  /** The longest delay of the event loop in the last seconds. */
  readonly loopDelayMs: number;
  readonly clients: number;
  readonly clientsMax: number;
  readonly connections: number;
  readonly connectionsMax: number;
}

interface HistoryCondition {
  readonly state: string;
  readonly error?: string;
}

/** A delay that people notice: no message was passed on in that time. */
const loopDelayMsMax = 1_000;

/** All reasons, and none where the server is well. */
export const reasonsOf = (condition: Condition): ReadonlyArray<Reason> => {
  const {
    isReady,
    recording,
    data,
    history,
    keyServerError,
    loopDelayMs,
    clients,
    clientsMax,
    connections,
    connectionsMax,
  } = condition;
  const all: ReadonlyArray<Reason & { readonly isSo: boolean }> = [
    { isSo: !isReady, code: "draining", sentence: "The server is stopping: it takes no new clients." },
    {
      isSo: recording.state === "ended",
      code: "recording-ended",
      sentence: `Recording has ended after ${recording.eventsWritten} events: the log says why.`,
    },
    {
      isSo: data.state === "failing",
      code: "data-failing",
      sentence: `Rooms cannot be changed, DATA cannot be written: ${data.error}.`,
    },
    {
      isSo: history.state === "failing",
      code: "history-failing",
      sentence: `The history is not written: ${history.error ?? "the log says why"}.`,
    },
    {
      isSo: history.webhooks?.state === "failing",
      code: "webhooks-failing",
      sentence: `Webhooks are not delivered: ${history.webhooks?.error}.`,
    },
    {
      isSo: keyServerError !== undefined,
      code: "key-server-failing",
      sentence: `${keyServerError} It is asked again when a token comes.`,
    },
    {
      isSo: loopDelayMs > loopDelayMsMax,
      code: "event-loop-delayed",
      sentence: `The event loop stood still for ${Math.round(loopDelayMs)} ms within the last 10 seconds.`,
    },
    {
      isSo: clients >= clientsMax,
      code: "clients-full",
      sentence: `All ${clientsMax} places for clients are taken (CLIENTS_MAX).`,
    },
    {
      isSo: connections >= connectionsMax,
      code: "connections-full",
      sentence: `All ${connectionsMax} connections are taken (CLIENTS_MAX, or the limit of open files).`,
    },
  ];
  return all.filter(({ isSo }) => isSo).map(({ code, sentence }) => ({ code, sentence }));
};
