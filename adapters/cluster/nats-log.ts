import { randomUUID } from "node:crypto";
import {
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JsMsg,
  jetstream,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions, nanos } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Entry, isLive, type NodeId, type Shared } from "../../core/index.js";
import type { Logged } from "../log/log.js";
import { type Batch, batchReader, nothingReached } from "./batches.js";
import { type Place, type Snapshot, type Snapshots, snapshots } from "./snapshots.js";

export interface NatsOptions {
  /** `nats://host:port`, several with commas. Credentials are part of it. */
  readonly servers: string;
  /** Stream and subjects begin with it, so that several clusters can share an engine. */
  readonly name: string;
  /** Of the stream, on so many of the engine's servers. */
  readonly replicas: number;
  /** After so many entries there is a snapshot, and what it holds is deleted. */
  readonly snapshotEvery?: number;
}

export interface NatsPorts {
  /** Takes an entry in its place. They come in the order of the log, and none twice. */
  readonly appended: (logged: Logged) => void;
  /** The log is not what it was: what this node knows of it cannot go on. */
  readonly broken: (why: string) => void;
  /** Takes a sentence about something that does not work and keeps nobody waiting. */
  readonly warn: (sentence: string) => void;
}

/** A stream that orders the entries of all nodes. */
export interface NatsLog {
  readonly connection: NatsConnection;
  /** Who this node is, in this run of it. */
  readonly node: () => NodeId;
  /** What stands in the log's last snapshot: the entries that come are those after it. */
  readonly restore: () => Promise<Snapshot | undefined>;
  readonly begin: (ports: NatsPorts) => Promise<void>;
  /** Takes what the entries up to `seq` have made. Every node calls it, and one of them, `isFirst`, writes the snapshots. */
  readonly applied: (
    seq: number,
    made: { readonly shared: Shared; readonly digest: number; readonly isFirst: boolean },
  ) => void;
  readonly append: (entry: Entry) => void;
  /** Drops what is on its way, and all before the start of a new run. Returned: who this node is from now on. */
  readonly newRun: () => NodeId;
  /** Those who wanted to go on with a session have been sent away: what has not been taken yet asks for nothing. */
  readonly forgetResumes: () => void;
  /** The number of the last entry that was given to `appended`. */
  readonly lastSeq: () => number;
  readonly waiting: () => number;
  readonly written: () => number;
  /** Why the engine cannot be used; undefined while it can. */
  readonly error: () => string | undefined;
  readonly close: () => Promise<void>;
}

const entriesASnapshot = 50_000;
const batchMax = 500;
/** The engine refuses messages of more than a megabyte by default. */
const batchChars = 256_000;
/** What a node may have to send: a frame, written as text in a text, and what is said about it. */
const messageBytesMax = 1_000_000;
/** The engine has so long to answer, and is asked again after a pause. */
const answerMs = 2_000;
const pauseMs = 250;
/** Messages are asked for anew so often, and the engine says so often that there is none: otherwise its silence is noticed after 30 s. */
const pullMs = 4_000;
const heartbeatMs = 1_000;
/** A message that is sent again within this time is stored once. */
const duplicatesMs = 120_000;

/** An error code of the engine. */
export const streamNotFound = 10_059;

/** What the engine's library says of a reader that has to begin again, from what it has read: there the overlap is looked at. */
const lostReader: ReadonlySet<string> = new Set([
  "heartbeats_missed",
  "consumer_not_found",
  "consumer_deleted",
  "stream_not_found",
  "ordered_consumer_recreated",
]);

const withoutResume = (entry: Entry): Entry =>
  entry.kind === "ResumeSession" ? { kind: "Expire", at: entry.at } : entry;

export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200);

const newNode = (): NodeId => randomUUID() as NodeId;

/** Connects, and makes the stream if there is none. Left: a one-line error for the operator. */
export const natsLog =
  (options: NatsOptions): TE.TaskEither<string, NatsLog> =>
  async () => {
    const refused = (error: unknown) => E.left(`CLUSTER is ${withoutPassword(options.servers)}: ${reasonOf(error)}.`);
    let connection: NatsConnection;
    try {
      connection = await connect({
        ...accessOf(options.servers),
        name: "signalbox",
        timeout: 5_000,
        // For ever: without the engine, what needs none goes on.
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        reconnectTimeWait: pauseMs,
        pingInterval: 1_000,
        maxPingOut: 2,
      });
    } catch (error) {
      return refused(error);
    }
    try {
      const { max_payload: bytesMax = 0 } = connection.info ?? {};
      if (bytesMax < messageBytesMax)
        throw new Error(`it takes messages of ${bytesMax} bytes: set max_payload to ${messageBytesMax} or more`);
      await ensureStream(connection, options);
      return E.right(logOn(connection, options, await snapshots(connection, options)));
    } catch (error) {
      await connection.close();
      return refused(error);
    }
  };

/** The library takes neither the credentials nor the scheme from an address. */
export const accessOf = (servers: string): Partial<NodeConnectionOptions> => {
  const urls = servers.split(",").map((one) => new URL(one));
  const { username: user = "", password: pass = "" } = urls.find(({ username }) => username !== "") ?? {};
  const [name, secret] = [decodeURIComponent(user), decodeURIComponent(pass)];
  return {
    servers: urls.map(({ host }) => host),
    ...(secret !== "" ? { user: name, pass: secret } : name !== "" ? { token: name } : {}),
    ...(urls.some(({ protocol }) => protocol === "tls:") ? { tls: {} } : {}),
  };
};

export const withoutPassword = (servers: string): string => JSON.stringify(servers.replace(/\/\/[^@/]*@/g, "//…@"));

const subjectOf = ({ name }: NatsOptions): string => `${name}.log`;

const ensureStream = async (connection: NatsConnection, options: NatsOptions): Promise<void> => {
  const manager = await jetstreamManager(connection, { timeout: 5_000 });
  await manager.streams.add({
    name: options.name,
    subjects: [subjectOf(options)],
    storage: StorageType.File,
    num_replicas: options.replicas,
    duplicate_window: nanos(duplicatesMs),
  });
};

/** The place of the last message. Where there is no stream, there is one from now on. */
const lastOf = async (connection: NatsConnection, options: NatsOptions): Promise<number> => {
  const { streams } = await jetstreamManager(connection, { timeout: answerMs });
  try {
    return (await streams.info(options.name)).state.last_seq;
  } catch (failure) {
    if (!(failure instanceof JetStreamApiError) || failure.code !== streamNotFound) throw failure;
    await ensureStream(connection, options);
    return 0;
  }
};

/** When the engine took a message, in ns; undefined where it has none in that place. */
const timeOf = async (connection: NatsConnection, name: string, seq: number): Promise<string | undefined> => {
  const js = jetstream(connection, { timeout: answerMs });
  const { state } = await (await jetstreamManager(connection, { timeout: answerMs })).streams.info(name);
  if (seq < state.first_seq || seq > state.last_seq) return undefined;
  const consumer = await js.consumers.get(name, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: seq });
  const message = await consumer.next({ expires: answerMs });
  return message?.seq === seq ? String(message.timestampNanos) : undefined;
};

const logOn = (connection: NatsConnection, options: NatsOptions, kept: Snapshots): NatsLog => {
  const { snapshotEvery = entriesASnapshot } = options;
  const js = jetstream(connection, { timeout: answerMs });
  let node = newNode();
  let n = 0;
  let waiting: Entry[] = [];
  let current: Batch | undefined;
  let isPumping = false;
  let isBetweenRuns = false;
  let attached = 0;
  let isClosed = false;
  let error: string | undefined;
  let written = 0;
  let ports: NatsPorts | undefined;

  /** The last message that was read, counted by the engine, and when it took that. A message has several entries, and they count apart. */
  let cursor = 0;
  let cursorTime = 0n;
  let batches = batchReader(nothingReached);
  /** Where there is to be a snapshot next, once the entries up to there have been applied. */
  let due: Place | undefined;
  let isWriting = false;
  let messages: ConsumerMessages | undefined;

  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));

  const nextBatch = (): Batch => {
    let chars = 0;
    let count = 0;
    for (const entry of waiting.slice(0, batchMax)) {
      chars += JSON.stringify(entry).length;
      if (count > 0 && chars > batchChars) break;
      count += 1;
    }
    n += 1;
    return { node, n, entries: waiting.splice(0, count) };
  };

  // One message is on its way at a time: none overtakes another, and one that was not answered is sent again as it was.
  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    while (!isClosed && (current !== undefined || waiting.length > 0)) {
      current ??= nextBatch();
      const sending = current;
      try {
        await js.publish(subjectOf(options), JSON.stringify(sending), { msgID: `${sending.node}:${sending.n}` });
        written += sending.entries.length;
        error = undefined;
        if (current?.node === sending.node && current.n === sending.n) current = undefined;
      } catch (failure) {
        error = reasonOf(failure);
        await pause();
      }
    }
    isPumping = false;
  };

  /** Returned: why the log cannot go on from this message. */
  const read = (message: JsMsg): string | undefined => {
    if (message.seq === cursor) {
      return message.timestampNanos === cursorTime
        ? undefined
        : "its last entry is not the one that this node has read";
    }
    if (message.seq !== cursor + 1) return `entry ${message.seq} came after ${cursor}`;
    cursor = message.seq;
    cursorTime = message.timestampNanos;
    const before = batches.lastSeq();
    const entries = batches.read(message.string(), Number(message.timestampNanos / 1_000_000n));
    if (entries === undefined) return `entry ${cursor} is not one that this version can read`;
    for (const logged of entries) ports?.appended(logged);
    if (Math.floor(before / snapshotEvery) < Math.floor(batches.lastSeq() / snapshotEvery))
      due = { cursor, cursorTime: String(cursorTime), ...batches.reached() };
    return undefined;
  };

  const writeSnapshot = async (place: Place, shared: Shared, digest: number): Promise<void> => {
    isWriting = true;
    // Nodes that are gone append nothing that counts any more.
    const live = place.lastN.filter(([id]) => isLive(shared, id));
    // Whatever goes wrong: the next one is written by whoever is the first then.
    await kept.write({ ...place, lastN: live }, shared, digest).catch((failure) => ports?.warn(reasonOf(failure)));
    isWriting = false;
  };

  /** Reads on from the last message that was read, which has to be there still. Whoever calls it last reads, and nobody else. */
  const attach = async (): Promise<void> => {
    attached += 1;
    const own = attached;
    messages?.stop();
    messages = undefined;
    for (; !isClosed && own === attached; await pause()) {
      try {
        const ends = await lastOf(connection, options);
        if (own !== attached) return;
        if (ends < cursor) return ports?.broken(`it ends with entry ${ends}, and this node has read ${cursor}`);
        const from =
          cursor === 0
            ? { deliver_policy: DeliverPolicy.All }
            : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: cursor };
        const consumer = await js.consumers.get(options.name, from);
        const opened = await consumer.consume({
          expires: pullMs,
          idle_heartbeat: heartbeatMs,
          callback: (message) => {
            if (own !== attached) return;
            const wrong = read(message);
            if (wrong === undefined) return;
            attached += 1;
            ports?.broken(wrong);
          },
        });
        if (own !== attached) return void opened.stop();
        messages = opened;
        void watch(opened, own);
        return;
      } catch (failure) {
        error = reasonOf(failure);
      }
    }
  };

  /** An engine that is silent, or has forgotten this reader, is asked anew. */
  const watch = async (opened: ConsumerMessages, own: number): Promise<void> => {
    for await (const { type } of opened.status()) if (lostReader.has(type)) break;
    opened.stop();
    if (own === attached && !isClosed) await attach();
  };

  const watchConnection = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (isClosed) return;
      if (type === "disconnect") error = "it is not connected";
      if (type === "reconnect") {
        error = undefined;
        void attach();
      }
    }
  };

  return {
    connection,
    node: () => node,
    restore: async () => {
      let last: Snapshot | undefined;
      for (; !isClosed; await pause()) {
        try {
          last = await kept.last();
          // A snapshot of a log that is not there any more says nothing about this one.
          if (last !== undefined && (await timeOf(connection, options.name, last.cursor)) !== last.cursorTime)
            last = undefined;
          break;
        } catch (failure) {
          error = reasonOf(failure);
        }
      }
      cursor = last?.cursor ?? 0;
      cursorTime = BigInt(last?.cursorTime ?? 0);
      batches = batchReader(last ?? nothingReached);
      due = undefined;
      return last;
    },
    begin: async (given) => {
      if (ports === undefined) void watchConnection();
      ports = given;
      await attach();
    },
    applied: (seq, { shared, digest, isFirst }) => {
      if (due?.lastSeq !== seq) return;
      const place = due;
      due = undefined;
      if (isFirst && !isWriting) void writeSnapshot(place, shared, digest);
    },
    append: (entry) => {
      // Before its start nothing of a run counts.
      if (isBetweenRuns && entry.kind !== "StartNode") return;
      isBetweenRuns = false;
      waiting.push(entry);
      void pump();
    },
    newRun: () => {
      node = newNode();
      n = 0;
      waiting = [];
      current = undefined;
      isBetweenRuns = true;
      return node;
    },
    forgetResumes: () => {
      waiting = waiting.map(withoutResume);
      // Under the same number: if the engine has taken it already, that is what counts.
      if (current !== undefined) current = { ...current, entries: current.entries.map(withoutResume) };
    },
    lastSeq: () => batches.lastSeq(),
    waiting: () => waiting.length + (current?.entries.length ?? 0),
    written: () => written,
    error: () => error,
    close: async () => {
      const end = performance.now() + answerMs;
      while ((waiting.length > 0 || current !== undefined) && error === undefined && performance.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 5));
      isClosed = true;
      messages?.stop();
      await connection.close();
    },
  };
};
