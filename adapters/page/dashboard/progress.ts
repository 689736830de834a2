/** How far a connection to a peer has got. */
export type Progress =
  /** No description has gone either way. */
  | { readonly stage: "waiting" }
  | { readonly stage: "offered" }
  /** Both descriptions are known; candidate pairs are being tried. */
  | { readonly stage: "checking" }
  | { readonly stage: "open" }
  /** It was open, and packets have stopped coming. */
  | { readonly stage: "interrupted" }
  /** The other side has hung up. */
  | { readonly stage: "closed" }
  | { readonly stage: "failed"; readonly failure: Failure };

export type Failure =
  | { readonly kind: "no-answer" }
  | { readonly kind: "no-pair"; readonly candidatesSent: number; readonly candidatesReceived: number }
  | { readonly kind: "lost" }
  | { readonly kind: "unusable"; readonly detail: string };

/** The steps of a connection, in their order, and how each of them stands. */
export type Lamp = "off" | "underway" | "done" | "failed";

export const steps = ["Signalling", "ICE", "Open"] as const;

export const lampsOf = (progress: Progress): readonly [Lamp, Lamp, Lamp] => {
  switch (progress.stage) {
    case "waiting":
    case "offered":
      return ["underway", "off", "off"];
    case "checking":
      return ["done", "underway", "off"];
    case "open":
      return ["done", "done", "done"];
    case "interrupted":
      return ["done", "underway", "off"];
    case "closed":
      return ["done", "done", "failed"];
    case "failed":
      return isAboutRoutes(progress.failure) ? ["done", "failed", "off"] : ["failed", "off", "off"];
  }
};

const isAboutRoutes = ({ kind }: Failure): boolean => kind === "no-pair" || kind === "lost";

/** What there is to say of a peer beside its progress. */
export interface Circumstance {
  readonly name: string;
  readonly hasStun: boolean;
  /** The peer is missing from the room list, and may come back. */
  readonly isMissing: boolean;
}

/** A sentence that a person can act on. */
export const explain = (progress: Progress, circumstance: Circumstance): string => {
  const { name, isMissing } = circumstance;
  switch (progress.stage) {
    case "waiting":
      return `Waiting for a connection offer from ${name}.`;
    case "offered":
      return `Offer sent. Waiting for ${name}’s answer.`;
    case "checking":
      return `${name} answered. Looking for a route between you.`;
    case "open":
      return isMissing
        ? `Still connected, but ${name} is not on the server’s list at the moment.`
        : "Connected directly.";
    case "interrupted":
      return `Nothing comes from ${name} at the moment. Looking for another route.`;
    case "closed":
      return `${name} has left or closed the page.`;
    case "failed":
      return explainFailure(progress.failure, circumstance);
  }
};

const explainFailure = (failure: Failure, { name, hasStun }: Circumstance): string => {
  switch (failure.kind) {
    case "no-answer":
      return `No answer came to the offer. ${name}’s page may be asleep or closed: ask them to reload it, then try again.`;
    case "no-pair":
      return failure.candidatesReceived === 0
        ? `${name} answered, but sent no address to reach them at. Their browser or network may forbid direct connections.`
        : `${name} answered, but none of the ${failure.candidatesReceived} addresses they sent could be reached. ${routeAdvice(hasStun)}`;
    case "lost":
      return `The connection to ${name} broke off and no other route was found. ${routeAdvice(hasStun)}`;
    case "unusable":
      return `${name}’s browser and this one do not understand each other (${failure.detail}).`;
  }
};

const routeAdvice = (hasStun: boolean): string =>
  hasStun
    ? "A STUN server is configured, so a firewall on one side probably blocks UDP: try another network."
    : "No STUN server is configured, so this only works on one network: join the same one, or ask the operator to set STUN_SERVERS.";
