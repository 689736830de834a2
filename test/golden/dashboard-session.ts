import { readFileSync } from "node:fs";

/** A line of the capture: a socket opened, or a frame that its page sent or received. */
interface Line {
  readonly at: number;
  readonly socket: number;
  readonly page: string;
  readonly open?: string;
  readonly sent?: string;
  readonly received?: string;
}

/** A session of a dashboard that nobody here wrote, with the server that it was written for. */
export const session: ReadonlyArray<Line> = readFileSync(new URL("./dashboard-session.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

export const sockets: ReadonlyArray<number> = [...new Set(session.map(({ socket }) => socket))].sort((a, b) => a - b);

const states = ["client_count", "server-room-list"];
const typeOf = (text: string): string => JSON.parse(text).type;

/** The relayed ones among the frames, as they came. */
export const relayed = (frames: ReadonlyArray<string>): ReadonlyArray<string> =>
  frames.filter((text) => !states.includes(typeOf(text)));

/**
 * The last of each state among the frames, without the times, which differ, and without `hostId`, which that server did not know and
 * PROTOCOL adds.
 */
export const lastStates = (frames: ReadonlyArray<string>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    states.map((type) => {
      const last = frames.findLast((text) => typeOf(text) === type);
      const untimed = (key: string, value: unknown): unknown =>
        ["timestamp", "createdAt", "hostId"].includes(key) ? undefined : value;
      return [type, last === undefined ? undefined : JSON.parse(last, untimed)];
    }),
  );

export const receivedBy = (socket: number): ReadonlyArray<string> =>
  session.flatMap((line) => (line.socket === socket && line.received !== undefined ? [line.received] : []));
