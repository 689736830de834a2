import type { Bug } from "./bugs.js";

/** Mistakes in what keeps several nodes together: the rules of a replicated log, each broken once. */
export const clusterBugs: ReadonlyArray<Bug> = [
  {
    name: "a client is answered before its entry is back",
    file: "core/local/order.ts",
    find: 'return isWritten ? [state, [{ kind: "Append", entry }]] : applied(entry, followUp)(state);',
    replace:
      'if (!isWritten) return applied(entry, followUp)(state); const [early, effects] = applied(entry, followUp)(state); return [early, [...effects, { kind: "Append", entry }]];',
  },
  {
    name: "what a node asks for that was given up counts",
    file: "core/reduce.ts",
    find: 'if (entry.kind !== "StartNode" && !isLive(state.shared, node)) return [state, []];',
    replace: "",
  },
  {
    name: "a node is given up that has renewed its lease since",
    file: "core/shared/nodes.ts",
    find: "known !== undefined && known.renewedAt === renewedAt && at - renewedAt >= leaseMs;",
    replace: "known !== undefined;",
  },
  {
    name: "nobody is given up",
    file: "core/local/cluster.ts",
    find: "isAvailable && id !== node.value && at",
    replace: "false && isAvailable && id !== node.value && at",
  },
  {
    name: "a node that was given up keeps its clients",
    file: "core/reduce.ts",
    find: 'Cluster.isGone(before, after) ? giveWay("the others have given this node up")(after) : [after, []],',
    replace: "[after, []],",
  },
  {
    name: "a node that was given up does not say that it is there again",
    file: "core/reduce.ts",
    find: 'return submit((now) => ({ kind: "StartNode", at: now, node, settings, joins: true, level }))(asNew);',
    replace: "return [asNew, []];",
  },
  {
    name: "a session that was resumed elsewhere keeps its socket here",
    file: "core/reduce.ts",
    find: "return sequence(Sessions.closeReplaced(fact.session), Mailbox.discard(fact.session));",
    replace: "return nothing;",
  },
  {
    name: "the mailbox of a session that was resumed elsewhere stays",
    file: "core/reduce.ts",
    find: "return sequence(Sessions.closeReplaced(fact.session), Mailbox.discard(fact.session));",
    replace: "return Sessions.closeReplaced(fact.session);",
  },
  {
    name: "the node at which a session was resumed is not written down",
    file: "core/shared/sessions.ts",
    find: "...(O.isSome(by.node) ? { node: by.node.value } : {}),",
    replace: "",
  },
  {
    name: "who is away at a node that is gone stays so for ever",
    file: "core/local/cluster.ts",
    find: "O.isNone(ordering.cluster) || (O.isSome(ordering.node) && Table.first(shared.nodes) === ordering.node.value);",
    replace: "O.isNone(ordering.cluster);",
  },
  {
    name: "whoever asks a node that is gone waits for ever",
    file: "core/delivery/elsewhere.ts",
    find: "return numbers.length === 0",
    replace: "return numbers.length >= 0",
  },
  {
    name: "who waits for an entry of a node that was given up waits for ever",
    file: "adapters/server/awaiting.ts",
    find: 'if (event.kind === "ServerStarted" || (event.kind === "LogRecovered" && event.node !== undefined)) {',
    replace: "if (false) {",
  },
  {
    name: "a node whose clock is ahead ends what is not due",
    file: "core/shared/sessions.ts",
    find: "if (O.isNone(next) || next.value > at) break;",
    replace: "if (O.isNone(next)) break;",
  },
  {
    name: "a node of a later version decides otherwise at once",
    file: "test/simulation/versions.ts",
    find: "const isOtherwise = version === 2 && level >= 2;",
    replace: "const isOtherwise = version === 2;",
  },
  {
    name: "the level is raised when the first node can",
    file: "core/shared/level.ts",
    find: "const level = Math.min(...levels);",
    replace: "const level = Math.max(...levels);",
  },
  {
    name: "the level is never raised",
    file: "core/shared/level.ts",
    find: "level > shared.level",
    replace: "level < shared.level",
  },
  {
    name: "a node takes part that cannot decide at the level in force",
    file: "core/shared/sessions.ts",
    find: 'if (level < shared.level) return conclude({ kind: "NodeRefused", node, level })(shared);',
    replace: "",
  },
  {
    name: "a node goes on deciding at a level at which it cannot",
    file: "core/reduce.ts",
    find: "if (isOutdated(state)) return [state, []];",
    replace: "",
  },
  {
    name: "the level in force is not in a snapshot",
    file: "core/written.ts",
    find: "yield { settings, nextSeq, level, nodes",
    replace: "yield { settings, nextSeq, nodes",
  },
  {
    name: "a decision looks at what only this node knows",
    file: "core/reduce.ts",
    find: "const follow: FollowUp = isOwn(state, event) ? ownFollowUp(entry) : foreignFollowUp(entry);",
    replace:
      'if (entry.kind === "ResumeSession" && state.local.clients.size > 2) return [state, []]; const follow: FollowUp = isOwn(state, event) ? ownFollowUp(entry) : foreignFollowUp(entry);',
  },
];
