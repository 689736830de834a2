import { JetStreamApiError, jetstreamManager, StorageType, type StreamAPI, type StreamInfo } from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/transport-node";

/** A message in its place, and when the engine took it, in ns. */
export interface Stored {
  readonly seq: number;
  readonly text: string;
  readonly time: string;
}

/** Which stream it is, and how far it goes. */
export interface Extent {
  /** When the engine made it, as RFC 3339: one that was lost and made again is another one. */
  readonly created: string;
  /** The place of the first message, or of the next where there is none: after the last. */
  readonly first: number;
  /** The place of the last message; 0 where there has been none. */
  readonly last: number;
}

/** The stream that is the log. */
export interface Stream {
  readonly name: string;
  readonly subject: string;
  /** If the engine says so in time. Where there is no stream, there is one from now on. */
  readonly extent: (answerMs: number) => Promise<Extent>;
  /** Undefined where the engine has none in that place. */
  readonly read: (seq: number, answerMs?: number) => Promise<Stored | undefined>;
}

export interface StreamOptions {
  /** Stream and subjects begin with it, so that several clusters can share an engine. */
  readonly name: string;
  /** It is kept on so many of the engine's servers. */
  readonly replicas: number;
}

/** The engine has so long to answer, and longer when it has to make something. */
const answerMs = 2_000;
const makeMs = 5_000;
/** One that is not there is made after one to four times as long: not while it is being deleted, and not by all nodes at once. */
const remadeMs = 50;
/** A message that is sent again within this time is stored once. */
const duplicatesMs = 120_000;

/** The subject of an entry ends with its partition. There is one: every node decides about all rooms. */
const partition = 0;

/** An error code of the engine. */
const streamNotFound = 10_059;

/** Makes the stream if there is none. */
export const streamOf = async (connection: NatsConnection, { name, replicas }: StreamOptions): Promise<Stream> => {
  const subject = `${name}.log.${partition}`;
  const maker = await jetstreamManager(connection, { timeout: makeMs });
  const managed = async (timeout: number) => (await jetstreamManager(connection, { timeout, checkAPI: false })).streams;
  const made = () =>
    maker.streams.add({
      ...{ name, subjects: [subject], storage: StorageType.File, num_replicas: replicas },
      duplicate_window: nanos(duplicatesMs),
    });
  const extent = async (timeout: number): Promise<Extent> => {
    try {
      return extentOf(await (await managed(timeout)).info(name));
    } catch (failure) {
      if (!isNotFound(failure)) throw failure;
    }
    // nats-server 2.9 crashes if several make a stream while it still deletes the one before from its disk.
    await new Promise((resolve) => setTimeout(resolve, remadeMs * (1 + 3 * Math.random())));
    return extentOf(await made());
  };
  await extent(makeMs);
  // One that is there and is not as this node would make it is refused.
  await made();
  return {
    name,
    subject,
    extent,
    read: async (seq, timeout = answerMs) => {
      try {
        return await messageAt(await managed(timeout), name, seq);
      } catch (failure) {
        if (!isNotFound(failure)) throw failure;
        return undefined;
      }
    },
  };
};

export const extentOf = ({ created, state }: StreamInfo): Extent => ({
  created,
  ...{ first: Math.max(1, state.first_seq), last: state.last_seq },
});

/** Undefined where there is none in that place. Throws where there is no such stream. */
export const messageAt = async (streams: StreamAPI, name: string, seq: number): Promise<Stored | undefined> => {
  const message = await streams.getMessage(name, { seq });
  if (message === null) return undefined;
  return { seq, text: new TextDecoder().decode(message.data), time: nanosOf(message.timestamp) };
};

export const isNotFound = (failure: unknown): boolean =>
  failure instanceof JetStreamApiError && failure.code === streamNotFound;

/** The engine writes a time as RFC 3339, with up to nine digits after the point. */
const nanosOf = (timestamp: string): string => {
  const [, seconds = "", fraction = ""] = /^([^.Z]*)(?:\.(\d+))?Z$/.exec(timestamp) ?? [];
  return String(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
};
