import { connect, type Session, SignalboxError } from "../../client/index.js";
import { fetchUrl } from "../wire/server.js";
import { loadToken, ticketStorage } from "./memory.js";
import { errorText } from "./words.js";

export type ServerState =
  | { readonly kind: "connecting" | "connected" | "reconnecting" | "unreachable" | "replaced" }
  /** `wantsToken`: another token helps. */
  | { readonly kind: "refused"; readonly why: string; readonly wantsToken: boolean };

/** The one session of this page, and how it stands. */
export interface Server {
  readonly state: ServerState;
  /** A session of this name: the one that is there, or a new one. The first goes on with the one whose ticket is stored. */
  readonly session: (name: string) => Promise<Session>;
  /** Ends the session, so that the next one begins with whatever ticket is stored then. */
  readonly end: () => Promise<void>;
}

export interface ServerHost {
  readonly redraw: () => void;
  readonly error: (text: string) => void;
}

const tryMs = 8_000;

const refusedWith = (cause: unknown): ServerState => ({
  kind: "refused",
  why: errorText(cause),
  wantsToken: cause instanceof SignalboxError && /^token-(invalid|expired)$/.test(cause.code),
});

export const openServer = ({ redraw, error }: ServerHost): Server => {
  let state: ServerState = { kind: "connecting" };
  let current: Promise<Session> | undefined;
  let askedName: string | undefined;
  const address = fetchUrl();

  const become = (to: ServerState): void => {
    state = to;
    redraw();
  };

  const attempt = async (name: string): Promise<Session> => {
    const url = await address;
    for (;;) {
      try {
        return await connect(url, { name, token: loadToken(), storage: ticketStorage, connectMs: tryMs });
      } catch (cause) {
        if (!(cause instanceof SignalboxError) || cause.code !== "timeout") throw cause;
        become({ kind: "unreachable" });
      }
    }
  };

  const open = async (name: string): Promise<Session> => {
    become({ kind: "connecting" });
    try {
      const session = await attempt(name);
      become({ kind: "connected" });
      session.on("state", ({ state: now, error: why }) => {
        if (now !== "closed") return become({ kind: now });
        current = undefined;
        if (why?.code === "replaced") {
          // The ticket is the other window's. With it, this one would take over in turn.
          ticketStorage.removeItem("");
          return become({ kind: "replaced" });
        }
        if (why) become(refusedWith(why));
      });
      session.on("error", (failure) => error(errorText(failure)));
      return session;
    } catch (cause) {
      current = undefined;
      become(refusedWith(cause));
      throw cause;
    }
  };

  const end = async (): Promise<void> => {
    const old = current;
    current = undefined;
    await (await old?.catch(() => undefined))?.close();
  };

  return {
    get state() {
      return state;
    },
    end,
    session: async (name) => {
      // A session keeps the name that it was opened with.
      if (current && askedName !== name) await end();
      askedName = name;
      current ??= open(name);
      return current;
    },
  };
};
