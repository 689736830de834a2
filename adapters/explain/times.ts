/** A span of time: `250 ms`, `1.5 s`, `3 min`. */
export const span = (ms: number): string => {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
};

/** ISO 8601; null for NaN. */
export const isoOf = (at: number): string | null => (Number.isNaN(at) ? null : new Date(at).toISOString());

/** `05:18:32`, in UTC. */
export const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** `05:18:32`, or `2026-11-24 05:18:32` where that is on another day than `from`, in UTC. */
export const timeSince = (from: number, at: number): string => {
  const [day, other] = [from, at].map((time) => new Date(time).toISOString().slice(0, 10));
  return day === other ? timeOfDay(at) : `${other} ${timeOfDay(at)}`;
};

/** `05:18:32.842`, in UTC. */
export const exactTime = (at: number): string => new Date(at).toISOString().slice(11, 23);

/**
 * Reads an ISO time, or a time of day in UTC (`05:06:10`) within the recording, which may have run past midnight. Undefined for anything else.
 */
export const momentOf = (
  text: string,
  recording: { readonly from: number; readonly to: number },
): number | undefined => {
  const isOfDay = /^\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/.test(text);
  const day = new Date(recording.from).toISOString().slice(0, 11);
  const ms = Date.parse(isOfDay ? `${day}${text}Z` : text);
  if (Number.isNaN(ms)) return undefined;
  const nextDay = ms + 86_400_000;
  return isOfDay && ms < recording.from && nextDay <= recording.to ? nextDay : ms;
};
