import { type ConsumerMessages, DeliverPolicy, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import * as O from "fp-ts/lib/Option.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { isFirst, isLive, type State } from "../../core/index.js";
import type { Log, LogPorts, Restored } from "../log/log.js";
import { batchReader, nothingReached } from "./batches.js";
import { beginner, knownBy } from "./beginning.js";
import { connected, reasonOf, withoutPassword } from "./connection.js";
import { type Outgoing, outgoing } from "./outgoing.js";
import { type Place, type Snapshots, snapshots } from "./snapshots.js";
import { type Stored, type Stream, type StreamOptions, streamOf } from "./stream.js";

export interface NatsOptions extends StreamOptions {
  /** `nats://host:port`, several with commas. Credentials are part of it. */
  readonly servers: string;
  /** After so many entries there is a snapshot, and what it holds is deleted. */
  readonly snapshotEvery?: number;
  /** As `Patience` has it. */
  readonly newcomerMs?: number;
}

/** Whether nothing can be appended now, only the node itself can tell: that goes by its lease. */
export type NatsPorts = Omit<LogPorts, "failed" | "recovered">;

/** A stream that orders the entries of all nodes. */
export interface NatsLog extends Log, Pick<Outgoing, "newRun" | "forgetResumes"> {
  readonly connection: NatsConnection;
  /**
   * `known`: what the entries so far have made, all that were given to `appended`. A log that has lost everything begins anew with that.
   * `digest`: of all facts up to there.
   */
  readonly restore: (known?: State) => Promise<Restored & { readonly digest: number }>;
  readonly begin: (ports: NatsPorts) => Promise<void>;
  /** Until `restore` and `begin`, nothing is given to `appended`. */
  readonly stopReading: () => void;
  /** The number of the last entry that was given to `appended`. */
  readonly lastSeq: () => number;
}

const entriesASnapshot = 50_000;
/** The engine has so long to answer, and is asked again after a pause. */
const answerMs = 2_000;
const pauseMs = 250;
/**
 * To begin to read it has less time at first. Of several engines, each reader is at one, and for some seconds they still give it to one
 * that is gone: then it is better to ask again.
 */
const attachMs = 500;
/** So many messages are asked for one at a time at most. */
const askedMax = 1_000;
/** Messages are asked for anew so often, and the engine says so often that there is none: otherwise its silence is noticed after 30 s. */
const pullMs = 4_000;
const heartbeatMs = 1_000;

/** Of so many runs of nodes a snapshot knows the last message, and of all that are there. */
const runsMax = 1_000;

/** What the engine's library says of a reader that has to begin again, from what it has read: there the overlap is looked at. */
const lostReader: ReadonlySet<string> = new Set([
  "heartbeats_missed",
  "consumer_not_found",
  "consumer_deleted",
  "stream_not_found",
  "ordered_consumer_recreated",
]);

const storedOf = (message: JsMsg): Stored => ({
  seq: message.seq,
  text: message.string(),
  time: String(message.timestampNanos),
});

const otherLast = "its last message is not the one that this node has read";
const lost = (why: string): string => `the log has lost entries: ${why}`;

/** Connects, and makes the stream if there is none. Left: a one-line error for the operator. */
export const natsLog =
  (options: NatsOptions): TE.TaskEither<string, NatsLog> =>
  async () => {
    const refused = (error: unknown) => E.left(`CLUSTER is ${withoutPassword(options.servers)}: ${reasonOf(error)}.`);
    let connection: NatsConnection | undefined;
    try {
      connection = await connected(options.servers);
      const stream = await streamOf(connection, options);
      const kept = await snapshots(connection, stream, options);
      return E.right(logOn(connection, { stream, kept, ...options }));
    } catch (error) {
      await connection?.close();
      return refused(error);
    }
  };

interface Kept extends Pick<NatsOptions, "snapshotEvery" | "newcomerMs"> {
  readonly stream: Stream;
  readonly kept: Snapshots;
}

const logOn = (connection: NatsConnection, options: Kept): NatsLog => {
  const { stream, kept, snapshotEvery = entriesASnapshot, newcomerMs } = options;
  const js = jetstream(connection, { timeout: answerMs });
  let attached = 0;
  let isReading = false;
  let isClosed = false;
  let error: string | undefined;
  let ports: NatsPorts | undefined;
  const out = outgoing({
    publish: (batch) => js.publish(stream.subject, JSON.stringify(batch), { msgID: `${batch.node}:${batch.n}` }),
    answered: (failure) => {
      error = failure === undefined ? undefined : reasonOf(failure);
    },
  });

  /** The last message that was read, counted by the engine, and when it took that. A message has several entries, and they count apart. */
  let cursor = 0;
  let cursorTime = "0";
  /** Which log it is, while no message of it has been read. */
  let created = "";
  let batches = batchReader(nothingReached);
  /** Where there is to be a snapshot next, once the entries up to there have been applied. */
  let due: Place | undefined;
  let isWriting = false;
  let messages: ConsumerMessages | undefined;

  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));

  /** Returned: why the log cannot go on from this message. */
  const read = ({ seq, time, text }: Stored): string | undefined => {
    if (seq === cursor) return time === cursorTime ? undefined : lost(otherLast);
    if (seq !== cursor + 1) return lost(`message ${seq} came after ${cursor}`);
    const before = batches.lastSeq();
    const entries = batches.read(text, Number(BigInt(time) / 1_000_000n));
    [cursor, cursorTime] = [seq, time];
    if (entries === undefined) {
      ports?.warn(`Message ${seq} of the log has no entries of Signalbox, or is damaged: every node leaves it out.`);
      return undefined;
    }
    if (Math.floor(before / snapshotEvery) < Math.floor(batches.lastSeq() / snapshotEvery))
      due = { cursor, cursorTime, ...batches.reached() };
    for (const logged of entries) ports?.appended(logged);
    return undefined;
  };

  /** Whoever is there says what the entries up to a place have made, and the first node writes it down. */
  const keep = async (place: Place, state: State, digest: number): Promise<void> => {
    const { shared } = state;
    const node = out.node();
    const { cursorTime, lastSeq, lastN: all } = place;
    await kept.say({ node, nodes: shared.nodes.size, digest, cursorTime, lastSeq });
    if (!isFirst(state) || isWriting) return;
    isWriting = true;
    // What a node that is gone had on its way may still come again.
    const lastN = all.filter(([id], i) => isLive(shared, id) || i >= all.length - runsMax);
    await kept.write({ ...place, lastN }, shared, digest).finally(() => {
      isWriting = false;
    });
  };

  /** `own`: by which reader it was read; nothing counts that comes from an earlier one. */
  const take = (message: Stored, own: number): void => {
    if (own !== attached) return;
    const wrong = read(message);
    if (wrong === undefined) return;
    attached += 1;
    ports?.broken(wrong);
  };

  /** Without a reader of the engine's: those take a while to be had again when one of several engines is gone. */
  const readByAsking = async (own: number, timeout: number): Promise<void> => {
    let seq = hasRead() ? cursor : cursor + 1;
    for (let count = 0; count < askedMax && own === attached; count += 1) {
      const message = await stream.read(seq, timeout);
      if (message === undefined) return;
      take(message, own);
      seq = cursor + 1;
    }
  };

  const hasRead = (): boolean => cursorTime !== "0";

  /** Returned: why the log is not the one that this node has read so far. */
  const overlap = async (timeout: number): Promise<string | undefined> => {
    const extent = await stream.extent(timeout);
    if (extent.last < cursor) return `it ends with message ${extent.last}, and this node has read ${cursor}`;
    if (!hasRead()) return extent.created === created ? undefined : "it has been made anew";
    const { time } = (await stream.read(cursor, timeout)) ?? {};
    return time === cursorTime ? undefined : otherLast;
  };

  /** Reads on from the last message that was read, which has to be there still. Whoever calls it last reads, and nobody else. */
  const attach = async (): Promise<void> => {
    attached += 1;
    const own = attached;
    messages?.stop();
    messages = undefined;
    for (let timeout = attachMs; !isClosed && own === attached; await pause()) {
      try {
        const wrong = await overlap(timeout);
        if (own !== attached) return;
        if (wrong !== undefined) return ports?.broken(lost(wrong));
        const consumer = await jetstream(connection, { timeout }).consumers.get(stream.name, {
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: hasRead() ? cursor : cursor + 1,
        });
        const opened = await consumer.consume({
          expires: pullMs,
          idle_heartbeat: heartbeatMs,
          callback: (message) => take(storedOf(message), own),
        });
        if (own !== attached) return void opened.stop();
        messages = opened;
        error = undefined;
        void watch(opened, own);
        return;
      } catch (failure) {
        error = reasonOf(failure);
        await readByAsking(own, timeout).catch((again) => {
          error = reasonOf(again);
        });
        timeout = Math.min(timeout * 1.2, answerMs);
      }
    }
  };

  /** An engine that is silent, or has forgotten this reader, is asked anew. */
  const watch = async (opened: ConsumerMessages, own: number): Promise<void> => {
    for await (const { type } of opened.status()) if (lostReader.has(type)) break;
    opened.stop();
    if (own === attached && !isClosed) await attach();
  };

  const begins = beginner({
    ...{ stream, kept, newcomerMs, pause },
    isClosed: () => isClosed,
    failed: (why) => {
      error = why;
    },
  });

  const watchConnection = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (isClosed) return;
      if (type === "disconnect") error = "it is not connected";
      if (type === "reconnect") {
        error = undefined;
        if (isReading) void attach();
      }
    }
  };

  return {
    connection,
    ...{ node: out.node, append: out.append, newRun: out.newRun, forgetResumes: out.forgetResumes },
    restore: async (state) => {
      const last = await begins(state === undefined ? undefined : knownBy(state, batches.reached()));
      created = last?.created ?? "";
      cursor = last?.cursor ?? 0;
      cursorTime = last?.cursorTime ?? "0";
      batches = batchReader(last ?? nothingReached);
      due = undefined;
      return { shared: last?.shared, tail: [], digest: last?.digest ?? 0 };
    },
    begin: async (given) => {
      if (ports === undefined) void watchConnection();
      ports = given;
      isReading = true;
      await attach();
    },
    stopReading: () => {
      isReading = false;
      attached += 1;
      messages?.stop();
      messages = undefined;
    },
    applied: (seq, state) => {
      if (due?.lastSeq !== seq) return;
      const place = due;
      due = undefined;
      const { cluster } = state.local.ordering;
      // Whoever comes later reads this place, too, and was not there.
      if (O.isNone(cluster) || !isLive(state.shared, out.node())) return;
      // Whatever goes wrong: the next one is written by whoever is the first then.
      void keep(place, state, cluster.value.digest).catch((failure) =>
        ports?.warn(`A snapshot of the cluster's log cannot be written: ${reasonOf(failure)}.`),
      );
    },
    lastSeq: () => batches.lastSeq(),
    status: () => ({
      state: error === undefined ? "on" : "failing",
      ...{ entriesWritten: out.written(), entriesWaiting: out.waiting() },
      ...(error === undefined ? {} : { error }),
    }),
    close: async () => {
      await out.close();
      isClosed = true;
      messages?.stop();
      await connection.close();
    },
  };
};
