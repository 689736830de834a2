import * as O from "fp-ts/lib/Option.js";
import type { Millis, NodeId } from "../base/id.js";
import * as Table from "../base/table.js";
import type { Entry } from "../entry.js";
import type { Shared } from "../state.js";
import { type Decision, inOrder, nothing, record } from "./decision.js";
import { raise } from "./level.js";
import { ended, lose } from "./sessions.js";

/** A node that has not renewed its lease for so long, by the time of the log, may be given up. */
export const leaseMs = 6_000;
/** How often it renews it. */
export const renewMs = 1_500;

type Of<K extends Entry["kind"]> = Extract<Entry, { readonly kind: K }>;

export const isLive = ({ nodes }: Shared, node: NodeId): boolean => Table.has(nodes, node);

/** Whether anybody may be at another node: one takes sockets when its start has come back from the log. */
export const areSeveral = ({ nodes }: Shared): boolean => nodes.size > 1;

/** Whoever is to take part has begun by then: where a log was lost, all begin anew, and no version is left out for having been slower. */
const areSettled = ({ nodes }: Shared, at: Millis): boolean =>
  Table.values(nodes).every(({ startedAt }) => at - startedAt >= leaseMs);

export const renew = ({ at, node, clients }: Of<"RenewNode">): Decision =>
  inOrder([
    record({ kind: "NodeRenewed", at, node, clients }),
    (shared) => (areSettled(shared, at) ? raise : nothing)(shared),
  ]);

/** Whoever suspects a node may have looked at an earlier time: only the log knows whether it has renewed its lease since. */
export const suspect =
  ({ at, node, renewedAt }: Of<"SuspectNode">): Decision =>
  (shared) => {
    const known = Table.get(shared.nodes, node);
    const isOver = known !== undefined && known.renewedAt === renewedAt && at - renewedAt >= leaseMs;
    return (isOver ? gone(node, "lost", at) : nothing)(shared);
  };

export const stop = ({ at, node }: Of<"StopNode">): Decision => gone(node, "stopped", at);

/** Sessions that can be resumed are kept for the grace, as if each had lost its socket. */
const gone =
  (node: NodeId, reason: "stopped" | "lost", at: Millis): Decision =>
  (shared) => {
    const there = Table.values(shared.sessions).filter((it) => O.isSome(it.node) && it.node.value === node);
    return inOrder([
      record({ kind: "NodeGone", node, reason }),
      ...there.map((session) =>
        O.isSome(session.member) ? lose({ ...session, session: session.id }, at) : ended(session, "disconnected", at),
      ),
    ])(shared);
  };
