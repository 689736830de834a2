import { jetstreamManager, type StreamAPI } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Logged } from "../log/log.js";
import { batchReader } from "./batches.js";
import { accessOf, reasonOf, withoutPassword } from "./connection.js";
import { beginningOf, isConfirmed, type Snapshot, snapshotOf, snapshotsIn } from "./snapshots.js";
import { type Extent, extentOf, isNotFound, messageAt, type Stored } from "./stream.js";

export interface LogReading {
  readonly servers: string;
  readonly name: string;
  /** Only what is after it need be read, ms since 1970. All that there is by default. */
  readonly since?: number | undefined;
}

/** What a log holds. */
export interface LogRead {
  /** What stands before the first entry. */
  readonly before: Snapshot;
  readonly entries: ReadonlyArray<Logged>;
  /** Messages that are damaged, or none of a node: no node counts them. */
  readonly leftOut: ReadonlyArray<number>;
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

const nothingIn = (name: string): string => `nothing is in the stream ${JSON.stringify(name)}`;

const readFrom = async (
  streams: StreamAPI,
  name: string,
  since: number | undefined,
): Promise<E.Either<string, LogRead>> => {
  const log = extentOf(await streams.info(name));
  const before = await snapshotBefore(streams, name, { since, log });
  if (before === undefined) throw new DamagedError(log.last === 0 ? nothingIn(name) : "its snapshots are lost");
  const batches = batchReader(before);
  const entries: Logged[] = [];
  const leftOut: number[] = [];
  for await (const message of messagesOf(streams, name, { from: before.cursor + 1, to: log.last })) {
    const read = batches.read(message.text, Number(BigInt(message.time) / 1_000_000n));
    if (read === undefined) leftOut.push(message.seq);
    else entries.push(...read);
  }
  if (before.shared === undefined && entries.length === 0) throw new DamagedError(nothingIn(name));
  return E.right({ before, entries, leftOut });
};

/**
 * The last snapshot before a time. Without a time, or where none is old enough, what the log begins with, if that is still there, and else
 * the first snapshot. None counts that most nodes have not confirmed. Undefined: there is none.
 */
const snapshotBefore = async (
  streams: StreamAPI,
  name: string,
  { since, log }: { readonly since: number | undefined; readonly log: Extent },
): Promise<Snapshot | undefined> => {
  const { good, begun } = await snapshotsOrNone(streams, name, log);
  const old = since === undefined ? undefined : good.findLast(({ lastAt }) => lastAt <= since);
  const found = old ?? begun ?? good[0];
  if (found === undefined) return undefined;
  const whole = await snapshotOf(streams, name, found);
  if (whole === undefined) throw new DamagedError("a part of its snapshot is missing");
  return whole;
};

const snapshotsOrNone = async (streams: StreamAPI, name: string, log: Extent) => {
  try {
    const all = await snapshotsIn(streams, { name, read: (seq) => messageAt(streams, name, seq) });
    return {
      good: all.filter(isConfirmed).map(({ end }) => end),
      begun: await beginningOf(streams, name, log),
    };
  } catch (error) {
    if (isNotFound(error)) return { good: [], begun: undefined };
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
