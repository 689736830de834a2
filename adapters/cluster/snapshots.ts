import { jetstream, jetstreamManager, type MsgRequest, StorageType, type StreamAPI } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type NodeId, partsOf, type Shared, type WrittenPart, type WrittenShared, wholeOf } from "../../core/index.js";
import { nothingReached, type Reached } from "./batches.js";
import type { Extent, Stream, StreamOptions } from "./stream.js";

/** A place in the log between two messages, and all that a reader knows there. */
export interface Place extends Reached {
  /** Of the last message before it, and when the engine took that, in ns: 0 where the log begins here. */
  readonly cursor: number;
  readonly cursorTime: string;
}

/** What the entries up to a place have made. */
export interface Snapshot extends Place {
  /** Undefined: nothing, it is the place before the first entry. */
  readonly shared: WrittenShared | undefined;
  /** Of all facts up to there. */
  readonly digest: number;
}

/** What a node knows. */
export interface Known extends Reached {
  readonly shared: Shared;
  readonly digest: number;
}

/** With what a log begins: with nothing, or with what was known when the one before it was lost. */
export interface Beginning extends End {
  /** Which stream, by when the engine made it. */
  readonly created: string;
}

/** The message that ends a snapshot: nobody reads one that has none. */
export interface End extends Place {
  readonly digest: number;
  /** Where its parts are, in order. */
  readonly parts: ReadonlyArray<number>;
}

/** What a node says that the facts up to a place were with it. */
export interface Opinion extends Pick<Place, "cursorTime" | "lastSeq"> {
  readonly node: NodeId;
  readonly digest: number;
  /** How many nodes there were at that place. */
  readonly nodes: number;
}

export interface Snapshots {
  /** The last that is confirmed and complete, or else what the log begins with; undefined where there is neither. */
  readonly last: (log: Extent) => Promise<Snapshot | undefined>;
  /** Says what a log begins with that has no message: whoever is the first says it for all nodes. */
  readonly begin: (log: Extent, known: Known | undefined) => Promise<void>;
  /** To be called by every node that is there at a place where there is to be a snapshot. */
  readonly say: (opinion: Opinion) => Promise<void>;
  /** Fulfilled when it is there, and what is before the last one that had been confirmed by then is deleted. */
  readonly write: (place: Place, shared: Shared, digest: number) => Promise<void>;
}

/** The engine refuses messages of more than a megabyte by default. */
const messageBytes = 262_144;
const answerMs = 5_000;

const streamOf = (name: string): string => `${name}_snapshots`;
const subjectsOf = (name: string) => ({
  parts: `${name}.snapshot.part`,
  ends: `${name}.snapshot.end`,
  beginnings: `${name}.snapshot.beginning`,
  opinions: `${name}.snapshot.opinion`,
});

export const snapshots = async (
  connection: NatsConnection,
  log: Stream,
  { name, replicas }: StreamOptions,
): Promise<Snapshots> => {
  const stream = streamOf(name);
  const { parts, ends, beginnings, opinions } = subjectsOf(name);
  const { streams } = await jetstreamManager(connection, { timeout: answerMs });
  const js = jetstream(connection, { timeout: answerMs });
  const subjects = [parts, ends, beginnings, opinions];
  const ensured = () => streams.add({ name: stream, subjects, storage: StorageType.File, num_replicas: replicas });

  /** The engine takes the first place for none, and would delete everything. */
  const deleteBefore = async (of: string, seq: number): Promise<void> => {
    if (seq > 1) await streams.purge(of, { seq });
  };

  const written = async (): Promise<ReadonlyArray<Written>> => {
    await ensured();
    return snapshotsIn(streams, log);
  };

  const writeParts = async (shared: Shared): Promise<ReadonlyArray<number>> => {
    const seqs: number[] = [];
    for (const some of inMessages(partsOf(shared))) seqs.push((await js.publish(parts, some)).seq);
    return seqs;
  };

  return {
    last: async (extent) => {
      for (const { end } of (await written()).filter(isConfirmed).toReversed()) {
        const found = await snapshotOf(streams, name, end);
        if (found !== undefined) return found;
      }
      const begun = await beginningOf(streams, name, extent);
      return begun === undefined ? undefined : snapshotOf(streams, name, begun);
    },
    begin: async (extent, known) => {
      const before = await lastBeginning(streams, name);
      if (before !== undefined && isOf(before, extent)) return;
      const { shared, ...reached } = known ?? { shared: undefined, ...nothingReached, digest: 0 };
      const begun: Beginning = {
        ...{ created: extent.created, cursor: extent.first - 1, cursorTime: "0" },
        ...reached,
        parts: shared === undefined ? [] : await writeParts(shared),
      };
      await js.publish(beginnings, JSON.stringify(begun), { expect: { lastSubjectSequence: before?.seq ?? 0 } });
    },
    say: async (opinion) => {
      await ensured();
      await js.publish(opinions, JSON.stringify(opinion));
    },
    write: async (place, shared, digest) => {
      const before = await written();
      // Of a node that has stood still since.
      if (before.some(({ end }) => end.lastSeq >= place.lastSeq)) return;
      const end: End = { ...place, digest, parts: await writeParts(shared) };
      await js.publish(ends, JSON.stringify(end));
      // The new one is not confirmed yet, and whoever is reading the one before can still finish, and read on from there.
      const kept = before.findLast(isConfirmed);
      if (kept === undefined) return;
      await deleteBefore(stream, Math.min(kept.end.seq, ...kept.end.parts, ...kept.opinions.map(({ seq }) => seq)));
      await deleteBefore(log.name, kept.end.cursor);
    },
  };
};

/**
 * The snapshots of the log that is there, in order: what is left of one that was lost says nothing about it. Whoever asks makes no stream;
 * throws where there is none.
 */
export const snapshotsIn = async (
  streams: StreamAPI,
  { name, read }: Pick<Stream, "name" | "read">,
): Promise<ReadonlyArray<Written>> => {
  const { ends, opinions } = subjectsOf(name);
  const said = await all<Opinion>(streams, name, opinions);
  const found: Written[] = [];
  for (const end of await all<End>(streams, name, ends))
    if ((await read(end.cursor))?.time === end.cursorTime)
      found.push({
        end,
        opinions: said.filter((it) => it.lastSeq === end.lastSeq && it.cursorTime === end.cursorTime),
      });
  return found;
};

const all = async <A>(streams: StreamAPI, name: string, subject: string): Promise<ReadonlyArray<Numbered<A>>> => {
  const found: Numbered<A>[] = [];
  for (let seq = 1; ; ) {
    // The engine knows this member, and the library's type does not.
    const next: MsgRequest & { readonly next_by_subj: string } = { seq, next_by_subj: subject };
    const message = await streams.getMessage(streamOf(name), next);
    if (message === null) return found;
    found.push({ ...JSON.parse(textOf(message.data)), seq: message.seq });
    seq = message.seq + 1;
  }
};

const lastBeginning = async (streams: StreamAPI, name: string): Promise<Numbered<Beginning> | undefined> => {
  const message = await streams.getMessage(streamOf(name), { last_by_subj: subjectsOf(name).beginnings });
  return message === null ? undefined : { ...JSON.parse(textOf(message.data)), seq: message.seq };
};

/** Whether the log begins with it: its first message comes next. */
const isOf = ({ created, cursor }: Beginning, log: Extent): boolean =>
  created === log.created && cursor === log.first - 1;

/** Where it is kept what the log begins with; undefined where nothing says so. */
export const beginningOf = async (streams: StreamAPI, name: string, log: Extent): Promise<End | undefined> => {
  const begun = await lastBeginning(streams, name);
  return begun !== undefined && isOf(begun, log) ? begun : undefined;
};

/** Undefined where a part of it is missing. */
export const snapshotOf = async (streams: StreamAPI, name: string, end: End): Promise<Snapshot | undefined> => {
  const read: Uint8Array[] = [];
  for (const seq of end.parts) {
    const message = await streams.getMessage(streamOf(name), { seq });
    if (message === null) return undefined;
    read.push(message.data);
  }
  if (read.length === 0) return { ...end, shared: undefined };
  const lines = Buffer.concat(read).toString().trimEnd().split("\n");
  return { ...end, shared: wholeOf(lines.map((line): WrittenPart => JSON.parse(line))) };
};

type Numbered<A> = A & { readonly seq: number };

export interface Written {
  readonly end: Numbered<End>;
  /** About the place where it was written. */
  readonly opinions: ReadonlyArray<Numbered<Opinion>>;
}

/** Most nodes have come to the same: by how many there were, a node that differs may be wrong, too. */
export const isConfirmed = ({ end, opinions }: Written): boolean => {
  const agreeing = new Set(opinions.flatMap(({ node, digest }) => (digest === end.digest ? [node] : [])));
  return 2 * agreeing.size > Math.max(1, ...opinions.map(({ nodes }) => nodes));
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
