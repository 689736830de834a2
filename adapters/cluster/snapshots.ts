import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type NodeId, partsOf, type Shared, type WrittenPart, type WrittenShared, wholeOf } from "../../core/index.js";

/** A place in the log between two messages, and all that a reader knows there. */
export interface Place {
  /** Of the last message before it, and when the engine took that, in ns. */
  readonly cursor: number;
  readonly cursorTime: string;
  /** Of the last entry, and its time. */
  readonly lastSeq: number;
  readonly lastAt: number;
  /** Of each node: the number of its last message. */
  readonly lastN: ReadonlyArray<readonly [NodeId, number]>;
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

export const snapshots = async (
  connection: NatsConnection,
  { name, replicas }: { readonly name: string; readonly replicas: number },
): Promise<Snapshots> => {
  const stream = `${name}_snapshots`;
  const [parts, ends] = [`${name}.snapshot.part`, `${name}.snapshot.end`];
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
      if (end === undefined) return undefined;
      const read: Uint8Array[] = [];
      for (const seq of end.parts) {
        const message = await streams.getMessage(stream, { seq });
        if (message === null) throw new Error(`part ${seq} of its snapshot is missing`);
        read.push(message.data);
      }
      const lines = Buffer.concat(read).toString().trimEnd().split("\n");
      return { ...end, shared: wholeOf(lines.map((line): WrittenPart => JSON.parse(line))) };
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
