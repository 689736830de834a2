import type { Entry, NodeId, Recorded } from "../../../core/index.js";
import { socketAt } from "./sockets.js";

/** Gives the clients of one node numbers that no client of another node has. What it tells of other nodes' clients stays as it is. */
export const renumbered = (node: number): ((event: Recorded) => Recorded) => {
  /** Who this node has been in the log. */
  const own = new Set<NodeId>();
  return (event) => {
    if ((event.kind === "ServerStarted" || event.kind === "LogRecovered") && event.node !== undefined)
      own.add(event.node);
    if (event.kind === "Appended") return own.has(event.node) ? { ...event, entry: inEntry(node, event.entry) } : event;
    return "client" in event ? { ...event, client: socketAt(node, event.client) } : event;
  };
};

const inEntry = (node: number, entry: Entry): Entry => {
  switch (entry.kind) {
    case "Request": {
      const { request, by } = entry;
      return {
        ...entry,
        request: { ...request, client: socketAt(node, request.client) },
        by: { ...by, client: socketAt(node, by.client) },
      };
    }
    case "ResumeSession":
      return { ...entry, by: { ...entry.by, client: socketAt(node, entry.by.client) } };
    case "EndSession": {
      const { goodbye } = entry;
      if (goodbye === undefined) return entry;
      return { ...entry, goodbye: { ...goodbye, client: socketAt(node, goodbye.client) } };
    }
    default:
      return entry;
  }
};
