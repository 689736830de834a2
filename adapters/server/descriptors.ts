/** What the process needs besides connections: its own, the journal's, and the pages that are being read. */
const reserved = 64;

/** How many connections the system lets this process have open, as far as it tells. */
export const descriptorsForConnections = (): number => {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: unknown } } } | undefined;
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === "number" ? Math.max(soft - reserved, 1) : Number.POSITIVE_INFINITY;
};
