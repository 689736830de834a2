/** What a relayed message is for, as its type tells. */
export type SignalKind = "offer" | "answer" | "candidate" | "end" | "knock" | "admit" | "deny" | "withdraw";

const access: ReadonlyMap<string, SignalKind> = new Map([
  ["join-request", "knock"],
  ["join-approved", "admit"],
  ["join-rejected", "deny"],
  ["join-withdrawn", "withdraw"],
]);

/** `ice` counts only as a word of its own: `voice` and `device` are about something else. */
export const signalKindOf = (type: string): SignalKind | undefined => {
  const words = type
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ");
  if (access.has(type)) return access.get(type);
  if (words.includes("candidate") || /\bice\b/.test(words)) return "candidate";
  if (words.includes("offer")) return "offer";
  return words.includes("answer") ? "answer" : undefined;
};

/** `signalKindOf` with a cache: a recording has few types, and many messages of each. */
export const signalKindReader = (): ((type: string) => SignalKind | undefined) => {
  const known = new Map<string, SignalKind | undefined>();
  return (type) => {
    if (!known.has(type)) known.set(type, signalKindOf(type));
    return known.get(type);
  };
};
