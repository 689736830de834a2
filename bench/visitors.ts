import { setTimeout as sleep } from "node:timers/promises";
import { lastFrame } from "./frames.js";
import { clientOf, masked } from "./load.js";
import type { Server } from "./servers.js";

/** A client that looks at the list of rooms, and may sit in one. */
export interface Visitor {
  readonly create: (room: number) => void;
  readonly join: (room: number) => void;
  readonly leave: (room: number) => void;
  /** Has the list told to everybody. */
  readonly ask: () => void;
  /** The rooms as it was last told them, without the time of telling. */
  readonly seen: () => string;
}

/** What everybody must see in the end. */
export interface Outcome {
  readonly rooms: number;
  readonly participants: number;
}

const channel = "webrtc-dashboard-rooms";
const subscribe = masked(JSON.stringify({ type: "subscribe", channel }));
const roomOf = (room: number): string => `room-${room}`;

/** Connects and subscribes. `count` is told of all bytes that come. */
export const visitorOf = async (server: Server, n: number, count: (bytes: number) => void): Promise<Visitor> => {
  const list = lastFrame('{"type":"server-room-list"');
  const { write } = await clientOf(server, n, (bytes) => {
    count(bytes.length);
    list.read(bytes);
  });
  const user = { userId: `user-${n}`, userName: `User ${n}` };
  const say = (type: string, data: object): void => write(masked(JSON.stringify({ type, channel, data })));
  write(subscribe);
  return {
    create: (room) =>
      say("room-created", { id: roomOf(room), name: `Room ${room}`, host: user.userName, hostId: user.userId }),
    join: (room) => say("user-joined-room", { roomId: roomOf(room), ...user }),
    leave: (room) => say("user-left-room", { roomId: roomOf(room), userId: user.userId }),
    ask: () => say("room-list-request", {}),
    seen: () => (list.last() ?? "").replace(/,"timestamp":"[^"]*"\}$/, ""),
  };
};

/** The lists that visitors see, each once. */
const views = (visitors: ReadonlyArray<Visitor>): ReadonlySet<string> => new Set(visitors.map(({ seen }) => seen()));

const shows = (view: string, { rooms, participants }: Outcome): boolean =>
  view.split('"participantCount":').length - 1 === rooms &&
  [...view.matchAll(/"participantCount":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0) === participants;

/** Whether all see the same list, and the right one. */
export const agree = (visitors: ReadonlyArray<Visitor>, outcome: Outcome): boolean => {
  const [view = "", ...others] = views(visitors);
  return others.length === 0 && shows(view, outcome);
};

/** Waits until all agree, or gives up after `ms`, or when `isTooMuch`; fulfilled with whether they do. */
export const agreed = async (
  visitors: ReadonlyArray<Visitor>,
  outcome: Outcome,
  { ms, isTooMuch }: { readonly ms: number; readonly isTooMuch: () => boolean },
): Promise<boolean> => {
  const end = performance.now() + ms;
  for (;;) {
    // One that sees it is a good reason to ask all.
    const some = [visitors[0], visitors.at(-1)].filter((visitor) => visitor !== undefined);
    if (agree(some, outcome) && agree(visitors, outcome)) return true;
    if (performance.now() > end || isTooMuch()) return false;
    await sleep(20);
  }
};
