import * as O from "fp-ts/lib/Option.js";
import type { Millis, NodeId, SessionId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { Entry } from "../entry.js";
import type { Appended } from "../event.js";
import type { Fact } from "../fact.js";
import { isLive, leaseMs, renewMs } from "../shared/nodes.js";
import type { Cluster, Mark, State } from "../state.js";
import { isOwn, withOrdering } from "./order.js";

/*
 * How this node stands with the others that order their entries in the same log. Each has a digest of all facts so far, and says it with
 * its renewals: where a renewal of its own came, it notes its digest, and the next renewal brings that. All others have noted theirs at the
 * same place, and compare.
 */

export const begin = (now: Millis, digest = 0): Cluster => ({
  renewAt: now,
  isRenewing: false,
  availableSince: now,
  digest,
  marks: Table.empty(),
  differing: Table.empty(),
  lastAsked: 0,
  asked: Table.empty(),
});

export const withCluster = (state: State, changed: Partial<Cluster>): State => {
  const { cluster } = state.local.ordering;
  return O.isNone(cluster) ? state : withOrdering(state, { cluster: O.some({ ...cluster.value, ...changed }) });
};

/** The live node with the lowest id ends what is due; that another one does so too, while the nodes change, does no harm. */
export const isFirst = ({ shared, local: { ordering } }: State): boolean =>
  O.isNone(ordering.cluster) || (O.isSome(ordering.node) && Table.first(shared.nodes) === ordering.node.value);

/** What this node has to say to the others by now: that it is still there, and who seems not to be. */
export const due = (state: State): ReadonlyArray<Entry> => {
  const { node, cluster, isAvailable } = state.local.ordering;
  if (O.isNone(cluster) || O.isNone(node) || cluster.value.isRenewing || state.now < cluster.value.renewAt) return [];
  const { now: at, shared, local } = state;
  const mark = Table.get(cluster.value.marks, node.value);
  const suspects = Table.values(shared.nodes).filter(
    ({ id, renewedAt }) =>
      isAvailable && id !== node.value && at - Math.max(renewedAt, cluster.value.availableSince) >= leaseMs,
  );
  const clients = local.clients.size;
  return [
    { kind: "RenewNode", at, node: node.value, clients, ...(mark === undefined ? {} : { mark }) },
    ...suspects.map(({ id, renewedAt }) => ({ kind: "SuspectNode", at, node: id, renewedAt }) as const),
  ];
};

/** The next renewal is due when this one has come back, and not before its time. */
export const renewing = (state: State): State =>
  withCluster(state, { renewAt: (state.now + renewMs) as Millis, isRenewing: true });

/** Whether this node was given up, or has stopped, with this entry. */
export const isGone = (before: State, after: State): boolean => {
  const { node, cluster } = after.local.ordering;
  return O.isSome(cluster) && O.isSome(node) && isLive(before.shared, node.value) && !isLive(after.shared, node.value);
};

/** Compares what another node says that its digest was with what it was here. */
export const compared = (state: State, { node, entry }: Appended): readonly [State, ReadonlyArray<Fact>] => {
  const { cluster } = state.local.ordering;
  if (entry.kind !== "RenewNode" || O.isNone(cluster) || entry.mark === undefined) return [state, []];
  const { marks, differing } = cluster.value;
  const mark = Table.get(marks, node);
  if (mark?.seq !== entry.mark.seq) return [state, []];
  const now = mark.digest === entry.mark.digest ? Table.remove(differing, node) : Table.set(differing, node, true);
  const after = withCluster(state, { differing: now });
  if (mark.digest === entry.mark.digest) return [after, []];
  return [after, [{ kind: "NodeDisagreed", node, seq: mark.seq, isOdd: isOdd(after, now) }]];
};

/** The fewer begin anew; of two halves, the one without the first node. */
const isOdd = ({ shared: { nodes } }: State, differing: Cluster["differing"]): boolean => {
  const agreeing = nodes.size - differing.size;
  if (differing.size !== agreeing) return differing.size > agreeing;
  const [first] = Table.keys(nodes);
  return Table.keys(differing).some((node) => node === first);
};

/** After the facts of an entry. What only the asker is told may differ from version to version. */
export const noted =
  (event: Appended, facts: ReadonlyArray<Fact>) =>
  (state: State): State => {
    const { seq, entry } = event;
    const { cluster } = state.local.ordering;
    if (O.isNone(cluster)) return state;
    const told = facts.filter(({ kind }) => kind !== "RequestRefused" && kind !== "NothingToDo");
    const digest = told.length === 0 ? cluster.value.digest : chained(cluster.value.digest, JSON.stringify(told));
    const isRenewing = cluster.value.isRenewing && !(entry.kind === "RenewNode" && isOwn(state, event));
    const gone = told.flatMap((fact) => (fact.kind === "NodeGone" ? [fact.node] : []));
    const differing = gone.reduce((all, node) => Table.remove(all, node), cluster.value.differing);
    return withCluster(state, {
      digest,
      isRenewing,
      differing,
      marks: marked(cluster.value.marks, { seq, digest }, entry, gone),
    });
  };

const marked = (marks: Cluster["marks"], mark: Mark, entry: Entry, gone: ReadonlyArray<NodeId>): Cluster["marks"] => {
  const kept = gone.reduce((all, node) => Table.remove(all, node), marks);
  return entry.kind === "RenewNode" ? Table.set(kept, entry.node, mark) : kept;
};

/** 53 bits, so that it stays exact as a number: two lanes of FNV-1a over UTF-16 code units, the second one shifted. Not for secrets. */
const chained = (before: number, text: string): number => {
  let low = (before ^ 0x811c9dc5) >>> 0;
  let high = (Math.floor(before / 2 ** 32) ^ 0x01000193) >>> 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193) >>> 0;
    high = Math.imul(high ^ (code + i), 0x85ebca6b) >>> 0;
  }
  return (high & 0x1fffff) * 2 ** 32 + low;
};

/** An answer that another node has is waited for so long. */
const askedMs = 2_000;

/** The number under which another node is asked for the answer to a request. */
export const ask = (state: State, session: SessionId, id: number): readonly [State, number] => {
  const { cluster } = state.local.ordering;
  if (O.isNone(cluster)) return [state, 0];
  const lastAsked = cluster.value.lastAsked + 1;
  const until = (state.now + askedMs) as Millis;
  const asked = Table.set(cluster.value.asked, lastAsked, { session, id, until });
  return [withCluster(state, { lastAsked, asked }), lastAsked];
};

/** Whose answer has come, or is not waited for any more. */
export const answered = (state: State, number: number) => {
  const { cluster } = state.local.ordering;
  const one = O.isNone(cluster) ? undefined : Table.get(cluster.value.asked, number);
  if (O.isNone(cluster) || one === undefined) return undefined;
  return { ...one, state: withCluster(state, { asked: Table.remove(cluster.value.asked, number) }) };
};

/** The numbers of requests that no answer has come to in time. Each waits equally long, so the oldest come first. */
export const unanswered = ({ now, local: { ordering } }: State): ReadonlyArray<number> => {
  if (O.isNone(ordering.cluster) || ordering.cluster.value.asked.size === 0) return [];
  return Table.entries(ordering.cluster.value.asked).flatMap(([number, { until }]) => (until <= now ? [number] : []));
};

/** When there is something to say to the others, or an answer to be given up. */
export const nextDue = ({ local: { ordering } }: State): O.Option<Millis> => {
  if (O.isNone(ordering.cluster)) return O.none;
  const { asked, renewAt, isRenewing } = ordering.cluster.value;
  const number = Table.first(asked);
  const until = number === undefined ? undefined : Table.get(asked, number)?.until;
  if (isRenewing) return O.fromNullable(until);
  return O.some(Math.min(renewAt, until ?? renewAt) as Millis);
};
