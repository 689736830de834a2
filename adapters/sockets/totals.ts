import { closeCodes, type RefusalCode } from "../../core/index.js";

/** How a handshake can be answered: let in, or turned away with one of these. */
export const handshakeStatuses = ["101", "400", "403", "404", "405", "426", "429", "503"] as const;
export type HandshakeStatus = (typeof handshakeStatuses)[number];

/**
 * Close codes that are told apart: those of RFC 6455, 7.4.1, that endpoints use, the registered 1012 and 1013, and
 * the server's own. A client can send any other one, and all of these are `other`.
 */
export const closeLabels = [
  ...["1000", "1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009", "1011", "1012", "1013"],
  ...Object.values(closeCodes).map(String),
  "other",
] as const;

/**
 * Why the server cuts a client off. `silent`: no sign of life. `slow`: it does not read. `flood`: it sends more than is taken.
 * `failed`: its verification broke off.
 */
export const cutOffReasons = ["silent", "slow", "flood", "failed"] as const;
export type CutOffReason = (typeof cutOffReasons)[number];

/** What the sockets of a server have done since it was started. Numbers only grow. */
export interface SocketTotals {
  /** Payloads of messages, in bytes. */
  receivedBytes: number;
  /** Frames with their headers, in bytes. */
  sentBytes: number;
  /** Frames written to a client: a message for a hundred clients is a hundred. */
  deliveries: number;
  /** Tickets in a hello that are none of this server's. */
  invalidTickets: number;
  readonly handshakes: Record<HandshakeStatus, number>;
  /** By code, of all sockets that had passed the handshake. */
  readonly closes: Record<string, number>;
  readonly cutOffs: Record<CutOffReason, number>;
  /** Of clients that were not let in: the core does not know of them. */
  readonly refusals: Partial<Record<RefusalCode, number>>;
}

const zeros = <K extends string>(keys: ReadonlyArray<K>): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

export const noTotals = (): SocketTotals => ({
  receivedBytes: 0,
  sentBytes: 0,
  deliveries: 0,
  invalidTickets: 0,
  handshakes: zeros(handshakeStatuses),
  closes: zeros(closeLabels),
  cutOffs: zeros(cutOffReasons),
  refusals: {},
});

/** Counts a close. */
export const countClose = ({ closes }: SocketTotals, code: number): void => {
  const label = String(code) in closes ? String(code) : "other";
  closes[label] = (closes[label] ?? 0) + 1;
};
