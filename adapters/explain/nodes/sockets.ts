import type { ClientId } from "../../../core/index.js";

/*
 * A client's number counts within one run of one node. Where recordings of several nodes are read together, the number of the recording
 * stands before it.
 */

const perNode = 1_000_000_000;

/** The number that a client of a node has in a reading of several. Nodes count from 1; 0 is a reading of one alone. */
export const socketAt = (node: number, client: number): ClientId => (node * perNode + client) as ClientId;

/** The node that a socket is at; 0 in a reading of one alone. */
export const nodeOf = (socket: number): number => Math.floor(socket / perNode);

/** The number that the socket has at its node. */
export const numberOf = (socket: number): number => socket % perNode;
