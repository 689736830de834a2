/** A span of time for a person. */
export const span = (ms: number): string => {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
};

/** ISO 8601; null where there is no time. */
export const isoOf = (at: number): string | null => (Number.isNaN(at) ? null : new Date(at).toISOString());

/** `05:18:32`, in UTC. */
export const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** `05:18:32.842`, in UTC. */
export const exactTime = (at: number): string => new Date(at).toISOString().slice(11, 23);

/**
 * The moment that a person means: an ISO time, or a time of day in UTC (`05:06:10`), which is taken to be after the start of the
 * recording. Undefined for what is neither.
 */
export const momentOf = (text: string, startedAt: number): number | undefined => {
  const isOfDay = /^\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/.test(text);
  const ms = Date.parse(isOfDay ? `${new Date(startedAt).toISOString().slice(0, 11)}${text}Z` : text);
  if (Number.isNaN(ms)) return undefined;
  // A whole second or minute may begin before the recording that it lies in; what is earlier is meant of the next day.
  return isOfDay && ms + 60_000 < startedAt ? ms + 86_400_000 : ms;
};
