import { type FailureReason, SignalboxError } from "./error.js";

/** What is known of an attempt to connect two participants. Kinds are those of RFC 8839: host, srflx, prflx, relay. */
export interface Evidence {
  readonly isAnswered: boolean;
  readonly hasIceServers: boolean;
  readonly local: ReadonlySet<string>;
  readonly remote: ReadonlySet<string>;
  readonly iceState: string;
}

export const reasonOf = ({ isAnswered, hasIceServers, local, remote, iceState }: Evidence): FailureReason => {
  if (!isAnswered) return "no-answer";
  if (iceState === "connected" || iceState === "completed") return "handshake";
  if (local.size === 0) return "no-candidates";
  if (remote.size === 0) return "no-remote-candidates";
  if (local.has("relay") || remote.has("relay")) return "unreachable";
  return hasIceServers ? "no-relay" : "no-ice-servers";
};

const sentences: Readonly<Record<FailureReason, string>> = {
  "no-answer": "The offers were not answered.",
  "no-candidates": "This side found no network address that it could offer.",
  "no-remote-candidates": "The other side has sent no network address.",
  "no-ice-servers": "No ICE server is configured, so only addresses of the same network were tried.",
  "no-relay": "No direct way was found, and no TURN server gave a relayed address.",
  unreachable: "Every way was tried, the relayed ones too, and none got through.",
  handshake: "A way was found, but the encrypted connection over it failed.",
};

export const unreachable = (evidence: Evidence): SignalboxError => {
  const reason = reasonOf(evidence);
  return new SignalboxError("connection-failed", sentences[reason], { reason });
};

/** The kinds of the candidates in a description, or in a candidate line. */
export const candidateKinds = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/candidate:.* typ (\w+)/g)].map(([, kind = ""]) => kind);
