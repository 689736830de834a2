import type { DirectoryEntry, Room, RoomCreation, Session, Waiting } from "../../client/index.js";
import { type Call, openCall } from "./call.js";
import * as memory from "./memory.js";
import { idFrom, pathOf, roomAt } from "./place.js";
import { openServer, type ServerState } from "./server.js";
import { errorText } from "./words.js";

/** What the window shows. */
export type Scene =
  | { readonly kind: "home" }
  /** The link of a room was opened: the name is asked for. */
  | { readonly kind: "door"; readonly room: string }
  | { readonly kind: "entering"; readonly room: string }
  | { readonly kind: "waiting"; readonly room: string; readonly waiting: Waiting }
  | { readonly kind: "call"; readonly call: Call }
  /** `why`: in words. */
  | { readonly kind: "over"; readonly room: string; readonly name: string; readonly why: string };

export interface NewRoom {
  readonly name: string;
  readonly listed: boolean;
  readonly lobby: boolean;
}

/** The page: what it shows, and what can be done on it. */
export interface Meet {
  readonly scene: Scene;
  readonly name: string;
  readonly server: ServerState;
  /** The listed rooms. Undefined before they are known. */
  readonly rooms: ReadonlyArray<DirectoryEntry> | undefined;
  readonly notice: string | undefined;
  readonly rename: (name: string) => void;
  readonly create: (room: NewRoom) => void;
  readonly enter: (room: string) => void;
  readonly withdraw: () => void;
  readonly leave: () => void;
  readonly goHome: () => void;
  readonly dismiss: () => void;
  /** Connects with a token, and goes where the window was going. */
  readonly showToken: (token: string) => void;
  /** The address has changed by way of the browser's buttons, or is the first one. */
  readonly arrive: () => void;
  /** The window goes away. */
  readonly depart: () => void;
}

export const openMeet = (redraw: () => void): Meet => {
  let scene: Scene = { kind: "home" };
  let name = memory.loadName();
  let rooms: ReadonlyArray<DirectoryEntry> | undefined;
  let notice: string | undefined;
  let watched: Session | undefined;
  let unwatch: (() => Promise<void>) | undefined;
  /** Raised whenever the user wants to be somewhere else: what an earlier wish still brings is let go. */
  let wish = 0;
  /** The room that the user wants to be in. */
  let wanted: string | undefined;

  const tell = (text: string): void => {
    notice = text;
    redraw();
  };
  const server = openServer({ redraw, error: tell });

  const show = (next: Scene): void => {
    scene = next;
    redraw();
  };
  const goTo = (path: string): void => {
    if (location.pathname !== path) history.pushState(null, "", path);
  };

  const stopWatching = (): void => {
    // Without a session there is nothing to stop.
    unwatch?.().catch(() => {});
    unwatch = watched = rooms = undefined;
  };

  const watch = async (): Promise<void> => {
    try {
      const session = await server.session(name);
      if (watched === session || scene.kind !== "home") return;
      watched = session;
      const stop = await session.directory((listed) => {
        if (watched !== session) return;
        rooms = [...listed].sort((a, b) => a.name.localeCompare(b.name));
        redraw();
      });
      if (watched === session) unwatch = stop;
      else await stop();
    } catch (error) {
      tell(errorText(error));
    }
  };

  const showHome = (): void => {
    wish++;
    wanted = undefined;
    memory.saveRoom(undefined);
    show({ kind: "home" });
    void watch();
  };

  const showCall = (room: Room): void => {
    const call = openCall(room, {
      redraw,
      over: (why) => {
        if (scene.kind !== "call" || scene.call !== call) return;
        wish++;
        memory.saveRoom(undefined);
        show({ kind: "over", room: room.id, name: room.name, why });
      },
    });
    show({ kind: "call", call });
  };

  const enter = async (room: string, create: RoomCreation): Promise<void> => {
    const mine = ++wish;
    wanted = room;
    const isWanted = (): boolean => mine === wish;
    notice = undefined;
    stopWatching();
    goTo(pathOf(room));
    show({ kind: "entering", room });
    try {
      // The end of a session takes its ticket with it, so it comes first.
      if (memory.canTakeOver(room)) await server.end();
      name = memory.takeOver(room) ?? name;
      memory.saveRoom(room);
      memory.saveName(name);
      const session = await server.session(name);
      const joined = await session.join(room, {
        create,
        data: true,
        onWaiting: (waiting) => {
          // A call that joins its room again says itself that it waits.
          if (isWanted() && scene.kind !== "call") show({ kind: "waiting", room, waiting });
          else if (wanted !== room) waiting.withdraw().catch((error) => tell(errorText(error)));
        },
      });
      if (isWanted()) showCall(joined);
      else if (wanted !== room) await joined.leave();
    } catch (error) {
      if (!isWanted()) return;
      memory.saveRoom(undefined);
      show({ kind: "over", room, name: create.name ?? room, why: errorText(error) });
    }
  };

  const leaveScene = async (): Promise<void> => {
    const left = scene;
    try {
      if (left.kind === "waiting") await left.waiting.withdraw();
      if (left.kind === "call") {
        left.call.media.stop();
        await left.call.room.leave();
      }
    } catch (error) {
      tell(errorText(error));
    }
  };

  const leaveAll = async (): Promise<void> => {
    try {
      const session = await server.session(name);
      await Promise.all([...session.rooms.values()].map((room) => room.leave()));
    } catch (error) {
      tell(errorText(error));
    }
  };

  /** Where the address of the window says. */
  const arrive = (): void => {
    const room = roomAt(location.pathname);
    void leaveScene();
    memory.takeBackTicket();
    if (room === undefined) {
      // A window that was in a room, and whose address is the directory's now, has left it.
      if (memory.loadRoom() !== undefined) void leaveAll();
      return showHome();
    }
    const former = memory.hasTicket() ? undefined : memory.takeOver(room);
    if (former !== undefined) name = former;
    if (memory.loadRoom() === room) return void enter(room, {});
    wish++;
    show({ kind: "door", room });
    void server.session(name).catch(() => {});
  };

  const goHome = (): void => {
    const left = leaveScene();
    goTo("/");
    showHome();
    void left;
  };

  return {
    get scene() {
      return scene;
    },
    get name() {
      return name;
    },
    get server() {
      return server.state;
    },
    get rooms() {
      return rooms;
    },
    get notice() {
      return notice;
    },
    rename: (next) => {
      name = next.trim();
      if (name !== "") memory.saveName(name);
      redraw();
    },
    create: ({ name: title, listed, lobby }) => {
      const id = idFrom(title);
      if (id === undefined) return tell("The name of a room needs a letter or a digit.");
      if (rooms?.some((it) => it.id === id))
        return tell("There is a room of this name already: join it, or take another name.");
      void enter(id, { name: title, policy: { listed, lobby } });
    },
    enter: (room) => void enter(room, {}),
    withdraw: goHome,
    leave: goHome,
    goHome,
    dismiss: () => {
      notice = undefined;
      redraw();
    },
    showToken: (token) => {
      memory.saveToken(token);
      notice = undefined;
      arrive();
    },
    arrive,
    depart: () => memory.leaveTicket(name),
  };
};
