import type { LogEventCode } from "./log-events.js";

/** What of a line decides. */
interface Weighed {
  readonly level: string;
  readonly event: LogEventCode;
  readonly members: Readonly<Record<string, string | number>>;
}

/** Who comes and goes. */
const ofPeople: ReadonlySet<LogEventCode> = new Set<LogEventCode>([
  ...(["client-connected", "client-disconnected", "participant-joined", "participant-left"] as const),
  ...(["session-away", "session-resumed"] as const),
]);
/** What one client can cause as often as it likes. */
const ofRefusals: ReadonlySet<LogEventCode> = new Set<LogEventCode>([
  ...(["turned-away", "api-refused", "hello-refused", "request-refused", "client-failed"] as const),
]);

/** Lines a second: nobody can fill the disk or slow the server down, and no kind takes the place of another. */
const linesMax = { people: 1_000, refusals: 100, rest: 200 };
/** Of the refusals, so many are of one client, or of one address that was turned away. */
const refusalsOfOneMax = 10;

/** Whether a line of this second is written. Errors of the server itself always are. */
export const lineCap = (): ((line: Weighed, second: number) => boolean) => {
  let now = 0;
  let lines = { people: 0, refusals: 0, rest: 0 };
  const refusals = new Map<string | number | undefined, number>();

  return ({ level, event, members }, second) => {
    if (level === "error") return true;
    if (second !== now) {
      now = second;
      lines = { people: 0, refusals: 0, rest: 0 };
      refusals.clear();
    }
    const kind = ofPeople.has(event) ? "people" : ofRefusals.has(event) ? "refusals" : "rest";
    if (lines[kind] >= linesMax[kind]) return false;
    if (kind === "refusals") {
      const who = members.client ?? members.address;
      const count = refusals.get(who) ?? 0;
      if (count >= refusalsOfOneMax) return false;
      refusals.set(who, count + 1);
    }
    lines[kind] += 1;
    return true;
  };
};
