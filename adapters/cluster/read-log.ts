import { jetstreamManager, type StreamAPI } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Logged } from "../log/log.js";
import { batchReader, nothingReached } from "./batches.js";
import { accessOf, withoutPassword } from "./connection.js";
import { reasonOf } from "./nats-log.js";
import { isConfirmed, type Snapshot, snapshotOf, snapshotsIn } from "./snapshots.js";
import { isNotFound, messageAt, type Stored } from "./stream.js";

export interface LogReading {
  readonly servers: string;
  readonly name: string;
  /** Only what is after it need be read, ms since 1970. All that there is by default. */
  readonly since?: number | undefined;
}

/** What a log holds. */
export interface LogRead {
  /** What stands before the first entry; undefined where that is the first of the log. */
  readonly before: Snapshot | undefined;
  readonly entries: ReadonlyArray<Logged>;
}

const answerMs = 5_000;
/** So many messages are asked for at a time. */
const atOnce = 200;

/**
 * Reads a log as it is now, from the last snapshot before a time on. It asks the engine for messages by their numbers: nothing is created there, and
 * nobody takes it for a node. Left: a one-line error for whoever asked.
 */
export const readLog =
  ({ servers, name, since }: LogReading): TE.TaskEither<string, LogRead> =>
  async () => {
    const refused = (why: string) => E.left(`The log at ${withoutPassword(servers)} cannot be read: ${why}.`);
    let connection: NatsConnection | undefined;
    try {
      connection = await connect({
        ...accessOf(servers),
        name: "signalbox replay",
        timeout: answerMs,
        reconnect: false,
      });
      const { streams } = await jetstreamManager(connection, { timeout: answerMs });
      return await readFrom(streams, name, since);
    } catch (error) {
      if (isNotFound(error))
        return refused(
          `there is no stream ${JSON.stringify(name)}; --cluster-name or CLUSTER_NAME says what it is called`,
        );
      return refused(error instanceof DamagedError ? error.message : reasonOf(error));
    } finally {
      await connection?.close();
    }
  };

class DamagedError extends Error {}

const readFrom = async (
  streams: StreamAPI,
  name: string,
  since: number | undefined,
): Promise<E.Either<string, LogRead>> => {
  const { state } = await streams.info(name);
  const before = await snapshotBefore(streams, name, { since, first: state.first_seq });
  const batches = batchReader(before ?? nothingReached);
  const entries: Logged[] = [];
  for await (const message of messagesOf(streams, name, { from: (before?.cursor ?? 0) + 1, to: state.last_seq })) {
    const read = batches.read(message.text, Number(BigInt(message.time) / 1_000_000n));
    if (read === undefined) throw new DamagedError(`message ${message.seq} is damaged, or of another version`);
    entries.push(...read);
  }
  if (before === undefined && entries.length === 0)
    throw new DamagedError(`nothing is in the stream ${JSON.stringify(name)}`);
  return E.right({ before, entries });
};

/**
 * The last snapshot before a time. Without a time, or where none is old enough, the log from its beginning, if that is still there, and else the
 * first snapshot. None counts that most nodes have not confirmed.
 */
const snapshotBefore = async (
  streams: StreamAPI,
  name: string,
  { since, first }: { readonly since: number | undefined; readonly first: number },
): Promise<Snapshot | undefined> => {
  const good = (await snapshotsOrNone(streams, name)).filter(isConfirmed).map(({ end }) => end);
  const old = since === undefined ? undefined : good.findLast(({ lastAt }) => lastAt <= since);
  if (old !== undefined) return complete(await snapshotOf(streams, name, old));
  if (first <= 1) return undefined;
  const [oldest] = good;
  if (oldest === undefined) throw new DamagedError("its beginning has been deleted, and there is no snapshot of it");
  return complete(await snapshotOf(streams, name, oldest));
};

const complete = (snapshot: Snapshot | undefined): Snapshot => {
  if (snapshot === undefined) throw new DamagedError("a part of its snapshot is missing");
  return snapshot;
};

const snapshotsOrNone = async (streams: StreamAPI, name: string) => {
  try {
    return await snapshotsIn(streams, { name, read: (seq) => messageAt(streams, name, seq) });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
};

async function* messagesOf(
  streams: StreamAPI,
  name: string,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<Stored, void> {
  for (let seq = from; seq <= to; seq += atOnce) {
    const seqs = Array.from({ length: Math.min(atOnce, to - seq + 1) }, (_, i) => seq + i);
    const messages = await Promise.all(seqs.map((one) => messageAt(streams, name, one)));
    for (const [i, message] of messages.entries()) {
      if (message === undefined) throw new DamagedError(`message ${seqs[i]} is missing`);
      yield message;
    }
  }
}
