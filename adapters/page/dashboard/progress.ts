/** How far a connection to a peer has got. */
export type Progress =
  /** No session description has been sent or received. */
  | { readonly stage: "waiting" }
  | { readonly stage: "offered" }
  /** Both descriptions are known; candidate pairs are being checked. */
  | { readonly stage: "checking" }
  | { readonly stage: "open" }
  /** It was open, and no packets arrive any more. */
  | { readonly stage: "interrupted" }
  /** The other side has closed it. */
  | { readonly stage: "closed" }
  | { readonly stage: "failed"; readonly failure: Failure };

export type Failure =
  | { readonly kind: "no-answer" }
  | { readonly kind: "no-route"; readonly candidatesReceived: number }
  | { readonly kind: "lost" }
  | { readonly kind: "browser-error"; readonly detail: string };

/** The steps of a connection, in order. */
export const stepNames = ["Signalling", "ICE", "Open"] as const;

export type StepStatus = "pending" | "active" | "done" | "failed";

/** The status of each step, in the order of `stepNames`. */
export const stepStatuses = (progress: Progress): readonly [StepStatus, StepStatus, StepStatus] => {
  switch (progress.stage) {
    case "waiting":
    case "offered":
      return ["active", "pending", "pending"];
    case "checking":
    case "interrupted":
      return ["done", "active", "pending"];
    case "open":
      return ["done", "done", "done"];
    case "closed":
      return ["done", "done", "failed"];
    case "failed":
      return isIceFailure(progress.failure) ? ["done", "failed", "pending"] : ["failed", "pending", "pending"];
  }
};

const isIceFailure = ({ kind }: Failure): boolean => kind === "no-route" || kind === "lost";

export interface PeerContext {
  readonly name: string;
  readonly hasStun: boolean;
  /** The peer is missing from the room list, and may come back. */
  readonly isMissing: boolean;
}

/** The state of a connection as a sentence, with what the user can do about it. */
export const explainProgress = (progress: Progress, context: PeerContext): string => {
  const { name, isMissing } = context;
  switch (progress.stage) {
    case "waiting":
      return `Waiting for ${name}’s offer.`;
    case "offered":
      return `Offer sent. Waiting for ${name}’s answer.`;
    case "checking":
      return `Offer and answer exchanged. Looking for a network route to ${name}.`;
    case "open":
      return isMissing
        ? `Connected directly, but the server does not list ${name} in this room at the moment.`
        : "Connected directly.";
    case "interrupted":
      return `The connection to ${name} is interrupted. Looking for another network route.`;
    case "closed":
      return `${name} closed the connection.`;
    case "failed":
      return explainFailure(progress.failure, context);
  }
};

const explainFailure = (failure: Failure, { name, hasStun }: PeerContext): string => {
  switch (failure.kind) {
    case "no-answer":
      return `${name} did not answer the offer. Their page may be suspended or closed: ask them to reload it, then try again.`;
    case "no-route":
      return failure.candidatesReceived === 0
        ? `${name}’s browser sent no network address. Their browser or network may block direct connections.`
        : `None of ${name}’s network addresses could be reached (${failure.candidatesReceived} received). ${routeAdvice(hasStun)}`;
    case "lost":
      return `The connection to ${name} was lost, and no other network route was found. ${routeAdvice(hasStun)}`;
    case "browser-error":
      return `This browser could not set up the connection to ${name}: ${failure.detail}`;
  }
};

const routeAdvice = (hasStun: boolean): string =>
  hasStun
    ? "A STUN server is configured, so a firewall is probably blocking UDP: try another network."
    : "No STUN server is configured, so connections only work within one network: join the same network, or ask the operator to set STUN_SERVERS.";
