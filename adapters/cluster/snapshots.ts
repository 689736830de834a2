import { jetstream, jetstreamManager, type SeqMsgRequest, StorageType, type StreamAPI } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { partsOf, type Shared, type WrittenPart, type WrittenShared, wholeOf } from "../../core/index.js";

import type { Reached } from "./batches.js";

/** A place in the log between two messages, and all that a reader knows there. */
export interface Place extends Reached {
  /** Of the last message before it, and when the engine took that, in ns. */
  readonly cursor: number;
  readonly cursorTime: string;
}

/** What the entries up to a place have made. */
export interface Snapshot extends Place {
  readonly shared: WrittenShared;
  /** Of all facts up to there. */
  readonly digest: number;
}

/** The message that ends a snapshot: nobody reads one that has none. */
interface End extends Place {
  readonly digest: number;
  /** Where its parts are, in order. */
  readonly parts: ReadonlyArray<number>;
}

export interface Snapshots {
  /** The last that was written whole; undefined where there is none. */
  readonly last: () => Promise<Snapshot | undefined>;
  /** Fulfilled when it is there, and what nobody needs any more is deleted: snapshots before the last two, and entries before those. */
  readonly write: (place: Place, shared: Shared, digest: number) => Promise<void>;
}

/** The engine refuses messages of more than a megabyte by default. */
const messageBytes = 262_144;
const answerMs = 5_000;

const streamOf = (name: string): string => `${name}_snapshots`;
const endsOf = (name: string): string => `${name}.snapshot.end`;

export const snapshots = async (
  connection: NatsConnection,
  { name, replicas }: { readonly name: string; readonly replicas: number },
): Promise<Snapshots> => {
  const stream = streamOf(name);
  const [parts, ends] = [`${name}.snapshot.part`, endsOf(name)];
  const { streams } = await jetstreamManager(connection, { timeout: answerMs });
  const js = jetstream(connection, { timeout: answerMs });
  const ensured = () =>
    streams.add({ name: stream, subjects: [parts, ends], storage: StorageType.File, num_replicas: replicas });

  /** The engine takes the first place for none, and would delete everything. */
  const deleteBefore = async (of: string, seq: number): Promise<void> => {
    if (seq > 1) await streams.purge(of, { seq });
  };

  const lastEnd = async (): Promise<(End & { readonly seq: number }) | undefined> => {
    await ensured();
    const message = await streams.getMessage(stream, { last_by_subj: ends });
    return message === null ? undefined : { ...JSON.parse(textOf(message.data)), seq: message.seq };
  };

  return {
    last: async () => {
      const end = await lastEnd();
      return end === undefined ? undefined : snapshotOf(streams, stream, end);
    },
    write: async (place, shared, digest) => {
      const before = await lastEnd();
      // Of a node that has stood still since.
      if (before !== undefined && before.lastSeq >= place.lastSeq) return;
      const seqs: number[] = [];
      for (const some of inMessages(partsOf(shared))) seqs.push((await js.publish(parts, some)).seq);
      const end: End = { ...place, digest, parts: seqs };
      await js.publish(ends, JSON.stringify(end));
      if (before === undefined) return;
      // Whoever is reading the one before can still finish, and read on from there.
      await deleteBefore(stream, Math.min(before.seq, ...before.parts));
      await deleteBefore(name, before.cursor);
    },
  };
};

/** The snapshots that are there, the oldest first, with a way to read each. Whoever asks makes no stream where there is none. */
export const snapshotsIn = async (
  streams: StreamAPI,
  name: string,
): Promise<ReadonlyArray<Place & { readonly read: () => Promise<Snapshot> }>> => {
  const stream = streamOf(name);
  const found: Array<Place & { readonly read: () => Promise<Snapshot> }> = [];
  for (let seq = 1; ; ) {
    // The library's types do not know that the engine looks for the next one of a subject from there on (since 2.9).
    const query: SeqMsgRequest & { readonly next_by_subj: string } = { seq, next_by_subj: endsOf(name) };
    const message = await streams.getMessage(stream, query);
    if (message === null) return found;
    const end: End = JSON.parse(textOf(message.data));
    found.push({ ...end, read: () => snapshotOf(streams, stream, end) });
    seq = message.seq + 1;
  }
};

const snapshotOf = async (streams: StreamAPI, stream: string, end: End): Promise<Snapshot> => {
  const read: Uint8Array[] = [];
  for (const seq of end.parts) {
    const message = await streams.getMessage(stream, { seq });
    if (message === null) throw new Error(`part ${seq} of its snapshot is missing`);
    read.push(message.data);
  }
  const lines = Buffer.concat(read).toString().trimEnd().split("\n");
  return { ...end, shared: wholeOf(lines.map((line): WrittenPart => JSON.parse(line))) };
};

const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

/** Parts as lines, cut wherever a message is full. */
function* inMessages(parts: Iterable<WrittenPart>): Generator<Uint8Array, void> {
  let rest = Buffer.alloc(0);
  for (const part of parts) {
    rest = Buffer.concat([rest, Buffer.from(`${JSON.stringify(part)}\n`)]);
    for (; rest.length >= messageBytes; rest = rest.subarray(messageBytes)) yield rest.subarray(0, messageBytes);
  }
  if (rest.length > 0) yield rest;
}
