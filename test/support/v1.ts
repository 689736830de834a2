import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type {
  ClientFrame,
  ErrorFrame,
  Result,
  RosterChange,
  ServerFrame,
  Welcome,
} from "../../core/dialect/v1/wire.js";
import { until } from "./net.js";
import { wrongInServerFrame } from "./v1-schema.js";

type Without<A> = A extends unknown ? Omit<A, "id"> : never;
/** A request without its number, with ids as plain text. */
// biome-ignore lint/suspicious/noExplicitAny: a test may say what is wrong, too
export type Asked = { readonly type: Without<ClientFrame>["type"]; readonly [member: string]: any };

/** A client of `signalbox.v1`. */
export interface Caller {
  readonly ws: WebSocket;
  readonly welcome: Welcome;
  /** Everything received, in order. */
  readonly frames: ReadonlyArray<ServerFrame>;
  /** Sends a request, and waits for its answer. */
  readonly ask: (request: Asked) => Promise<Result | ErrorFrame>;
  /** Sends a frame as it is. */
  readonly say: (frame: object | string) => void;
  /** The frames of a type that have come since the last call. */
  readonly heard: <T extends ServerFrame["type"]>(type: T) => ReadonlyArray<Extract<ServerFrame, { type: T }>>;
  /** The highest number received. */
  readonly seen: () => number;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** A socket that offers the protocol, and what it got; nothing is sent. A frame that the schema does not describe fails the test. */
export const v1Socket = async ({ port }: { readonly port: number }) => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["signalbox.v1"]);
  const frames: ServerFrame[] = [];
  ws.on("message", (data) => frames.push(JSON.parse(data.toString())));
  onTestFinished(() => expect(frames.map(wrongInServerFrame).filter((wrong) => wrong !== undefined)).toEqual([]));
  ws.on("error", () => {});
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) =>
    ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  onTestFinished(() => ws.terminate());
  await new Promise((resolve) => ws.once("open", resolve));
  return { ws, frames, closed };
};

/** A client that has said hello. */
export const callerOf = async (
  server: { readonly port: number },
  hello: Readonly<Record<string, unknown>> = {},
): Promise<Caller> => {
  const { ws, frames, closed } = await v1Socket(server);
  ws.send(JSON.stringify({ type: "hello", id: 1, ...hello }));
  await until(() => frames.length > 0 || ws.readyState === WebSocket.CLOSED);
  const [welcome] = frames;
  if (welcome?.type !== "welcome") throw new Error(`not welcome: ${JSON.stringify(welcome)}`);
  let id = Math.max(1, welcome.heard);
  let taken = 0;
  const pending = new Map<number, (answer: Result | ErrorFrame) => void>();
  ws.on("message", () => {
    const frame = frames.at(-1);
    if ((frame?.type !== "result" && frame?.type !== "error") || frame.id === undefined) return;
    pending.get(frame.id)?.(frame);
    pending.delete(frame.id);
  });
  return {
    ws,
    welcome,
    frames,
    closed,
    ask: async (request) => {
      id += 1;
      const mine = id;
      ws.send(JSON.stringify({ ...request, id: mine }));
      return new Promise((resolve) => pending.set(mine, resolve));
    },
    say: (frame) => ws.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    heard: (type) => {
      const fresh = frames.slice(taken);
      taken = frames.length;
      return fresh.filter((frame): frame is Extract<ServerFrame, { type: typeof type }> => frame.type === type);
    },
    seen: () => Math.max(0, ...frames.map((frame) => ("n" in frame ? frame.n : 0))),
  };
};

type Frame<T extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: T }>;

/** The last frame of the type that has these members, once it has come. */
export const got = async <T extends ServerFrame["type"]>(
  { frames }: Pick<Caller, "frames">,
  type: T,
  members: object = {},
): Promise<Frame<T>> => {
  const isMeant = (frame: ServerFrame): frame is Frame<T> =>
    frame.type === type && Object.entries(members).every(([key, value]) => frame[key as keyof ServerFrame] === value);
  await until(() => frames.some(isMeant));
  const found = frames.findLast(isMeant);
  if (found === undefined) throw new Error("unreachable");
  return found;
};

/** Every change of the room's roster that the caller was told, as what changed and for whom. */
export const changesIn = ({ frames }: Pick<Caller, "frames">, room: string): ReadonlyArray<RosterChange> =>
  frames.flatMap((frame) => (frame.type === "roster" && frame.room === room ? frame.changes : []));

/** Waits until the caller has been told of a change of the roster. */
export const changed = async (caller: Pick<Caller, "frames">, room: string, change: object): Promise<void> => {
  const isIt = (one: RosterChange): boolean =>
    Object.entries(change).every(([key, value]) => one[key as keyof RosterChange] === value);
  await until(() => changesIn(caller, room).some(isIt));
};
